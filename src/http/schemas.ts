import { z } from 'zod';
import { SCOPES } from '../access/scope.js';
import { ERROR_CODES } from '../errors.js';
import { REASON_CODES } from '../camera/reason.js';
import { EVENT_TYPES } from '../events/event.js';
import { CAMERA_STATES } from '../service/cameras/camera-status.js';
import { QUALITY_WARNINGS } from '../service/quality-gate.js';

/** The shapes of every reply: the OpenAPI document is made of them, and tests hold real replies against them. */

export const box = z
  .strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
  .describe('Pixels of the upright photo; x to the right, y down; may stick out of it.');
const point = z.strictObject({ x: z.number(), y: z.number() });
const landmarks = z
  .array(point)
  .length(5)
  .nullable()
  .describe('Left eye, right eye, nose, left and right mouth corner, as seen in the photo.');
const image = z.strictObject({ width: z.int(), height: z.int() }).describe('Size of the upright photo, pixels.');
export const confidence = z.number().min(0).max(1);
const distance = z.number().min(0).describe('Plain Euclidean distance.');
const stages = { decode: z.number(), detect: z.number(), embed: z.number() };

const face = { box, confidence, landmarks };

const error = z.strictObject({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export const failure = z.strictObject({ error, requestId: z.string() });

const degrees = z.number().min(-180).max(180);
const quality = z.strictObject({
  facePx: z.int().describe("Shorter side of the face's box as far as it lies in the photo, pixels."),
  sharpness: z.number().min(0).describe('Variance of the Laplacian of the normalised face; below 10 it is blurred.'),
  brightness: z.number().min(0).max(1),
  contrast: z.number().min(0).max(0.5),
  pose: z
    .strictObject({ yaw: degrees, pitch: degrees, roll: degrees })
    .nullable()
    .describe('Degrees, estimated; null where the detector gives no landmarks.'),
});

const enrolled = z.strictObject({
  file: z.string().nullable().describe('The name of the file as it was sent.'),
  name: z.string(),
  example: z.string(),
  ...face,
  crop: z.string().describe('Path of the kept crop, relative to the data folder.'),
  embedding: z.string().describe("Path of the person's embeddings, relative to the data folder."),
  quality,
  warnings: z
    .array(z.strictObject({ code: z.enum(QUALITY_WARNINGS), message: z.string() }))
    .describe('What is wrong with the photo as an example; it was enrolled all the same.'),
});
export const upload = z.strictObject({
  enrolled: z.array(enrolled),
  rejected: z.array(z.strictObject({ file: z.string().nullable(), error })),
});

const recognizedFace = z.strictObject({
  ...face,
  name: z.string().nullable().describe('Null when nobody is within the threshold.'),
  id: z.string().nullable().describe("The users' own id for that person; null for none, and for nobody."),
  details: z
    .strictObject({ groups: z.array(z.string()), metadata: z.record(z.string(), z.json()) })
    .optional()
    .describe('Of that person, where it was asked for.'),
  distance: distance.nullable(),
  threshold: z.number(),
  nearest: z.string().nullable().describe('The nearest person, within the threshold or not.'),
  runnerUp: z.strictObject({ name: z.string(), distance }).nullable(),
  margin: z.number().nullable().describe('How much further away the runner-up is.'),
  probability: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Of a trained matcher: the chance that the person it holds for likeliest is the right one.'),
  taken: z
    .string()
    .optional()
    .describe(
      'Who it would have been, had not another face of the picture been nearer to them; the rest is said as if they were not enrolled.',
    ),
});

export const recognition = z.strictObject({
  image,
  facesFound: z.int().describe('All faces that were found; `faces` has the largest where there are too many.'),
  faces: z.array(recognizedFace),
  model: z.strictObject({
    detector: z.string(),
    embedder: z.string(),
    matcher: z.string().describe('Who answered: nearest, knn or svm.'),
    matcherNote: z.string().optional().describe('Why it was not the matcher that is set.'),
    engine: z.string(),
    provider: z.string(),
  }),
  timingsMs: z.strictObject({ ...stages, match: z.number(), total: z.number() }),
});

export const liveRecognition = z.strictObject({
  ...recognition.shape,
  found: z
    .enum(['detected', 'followed'])
    .describe('Whether the whole frame was searched, or only the surroundings of the faces of the frame before.'),
  faces: z.array(
    z.strictObject({
      ...recognizedFace.shape,
      track: z.int().describe('The same in every frame for as long as the face is followed.'),
      looks: z.int().describe('How many times it has been embedded; its name is decided over the last five.'),
    }),
  ),
});

/** What `/live` answers to each frame. */
const frame = z.int().describe('Which frame of the connection, counted from 1.');
export const liveMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('faces'), frame, ...liveRecognition.shape }),
  z.strictObject({ type: z.literal('dropped'), frame }),
  z.strictObject({ type: z.literal('error'), frame: frame.nullable(), error }),
]);

export const detection = z.strictObject({
  image,
  faces: z.array(z.strictObject(face)),
  timingsMs: z.strictObject({ decode: z.number(), detect: z.number() }),
});

const compared = z.strictObject({ ...face, image, facesFound: z.int() });
export const verification = z.strictObject({
  same: z.boolean(),
  distance,
  threshold: z.number(),
  faces: z.array(compared).length(2),
});

const ownId = z.string().nullable().describe("The users' own id for the person, unique; null for none.");
const groups = z.array(z.string());
const summary = z.strictObject({
  name: z.string(),
  id: ownId,
  groups,
  examples: z.int(),
  addedAt: z.iso.datetime().nullable(),
});
const listed = z.strictObject({
  ...summary.shape,
  thumbnail: z.string().nullable().describe('URL of a kept crop, from the root of the server.'),
});
export const people = z.strictObject({
  people: z.array(listed),
  total: z.int(),
  page: z.int(),
  size: z.int(),
});
export const groupList = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), people: z.int() })) });
export const person = z.strictObject({
  name: z.string(),
  id: ownId,
  metadata: z.record(z.string(), z.json()),
  groups,
  examples: z.array(
    z.strictObject({
      id: z.string(),
      addedAt: z.iso.datetime().nullable(),
      confidence: confidence.nullable(),
      quality: quality.nullable().describe('Null where the example is older than the measurement.'),
      crop: z.string().nullable().describe('URL of the kept crop, from the root of the server.'),
    }),
  ),
});
const receipt = z
  .strictObject({
    id: z.string().describe('The audit log knows the erasure by it.'),
    erasedAt: z.iso.datetime(),
    person: z.string(),
    examples: z.array(z.string()).describe('Ids of the examples whose rows are gone.'),
    crops: z.int().describe('How many of them had a crop.'),
    files: z.array(z.string()).describe('Files that are gone, relative to the data folder.'),
    remaining: z.array(z.string()).describe('Files that the disk would not give up; they go with the next change.'),
    classifier: z
      .enum(['retraining', 'discarded', 'none'])
      .describe('What became of a classifier that was trained on them.'),
    elsewhere: z.array(z.string()).describe('Files with somebody of that name that are made of other photos.'),
    audit: z
      .strictObject({ line: z.int(), hash: z.string() })
      .nullable()
      .describe('The line of the audit log that says so, and its hash; null where no log is kept.'),
  })
  .describe('What was erased. It names the person, and is not kept by the server.');
export const deletedPerson = z.strictObject({ deleted: summary, receipt });
export const deletedExample = z.strictObject({
  deleted: z.strictObject({ name: z.string(), example: z.string() }),
  receipt,
});

export const health = z.strictObject({ status: z.literal('ok') });
export const status = z.strictObject({
  version: z.string(),
  model: recognition.shape.model,
  threshold: z.number(),
  people: z.int(),
  liveness: z.literal(false).describe('Whether a printed photo is told from a person; it is not.'),
});
export const readiness = z.strictObject({
  status: z.literal('ready'),
  model: recognition.shape.model.optional().describe('For requests with a good key, or where none is needed.'),
  people: z.int().optional(),
});

const time = z.iso.datetime();
export const camera = z.strictObject({
  id: z.string(),
  name: z.string(),
  source: z.string().describe('Scheme, host and port, or the name of the file; never a password.'),
  state: z.enum(CAMERA_STATES).describe('waiting: for the next try to connect.'),
  since: time,
  error: z
    .strictObject({ code: z.enum(REASON_CODES), message: z.string() })
    .nullable()
    .describe('Why there are no pictures.'),
  reconnects: z.int(),
  picture: image.nullable(),
  lastFrameAt: time.nullable(),
  frames: z.strictObject({
    looked: z.int(),
    dropped: z.int().describe('Came while another one was looked at, and were not the newest.'),
    failed: z.int(),
    perSecond: z.number(),
  }),
  lagMs: z.int().nullable().describe('From the arrival of the last frame to the names in it.'),
  snapshot: z.string().nullable().describe('URL of the newest frame, from the root of the server.'),
  present: z.array(
    z.strictObject({
      track: z.int(),
      person: z.string().nullable(),
      since: time,
      distance: distance.nullable(),
      crop: z.string().nullable().describe('URL of the best sight of the face so far; while they are there.'),
    }),
  ),
});
export const cameras = z.strictObject({ cameras: z.array(camera) });
export const deliveries = z.strictObject({
  receivers: z.array(
    z.strictObject({
      kind: z.enum(['webhook', 'mqtt']),
      id: z.string(),
      target: z.string().describe('Scheme, host and port.'),
      state: z.enum(['idle', 'sending', 'waiting', 'stopped']).describe('waiting: for the next try.'),
      waiting: z.int().describe('Events that have not arrived yet.'),
      delivered: z.int(),
      dead: z.int().describe('Events that were given up and are kept.'),
      error: z.string().nullable(),
      lastDeliveredAt: time.nullable(),
    }),
  ),
});
export const retried = z.strictObject({ retried: z.int() });

export const session = z.strictObject({
  keyNeeded: z.boolean().describe('False on a server without keys, which asks nobody.'),
  loggedIn: z.boolean(),
  scope: z.enum(SCOPES).nullable().describe('What the sender of this request may do; null for nothing.'),
  group: z.string().nullable().describe('The group that the key belongs to, beyond which it does not reach.'),
  keyName: z.string().nullable(),
  csrfToken: z.string().nullable().describe('To be sent as x-csrf-token with every change of this login.'),
});
export const endedSession = z.strictObject({ ended: z.boolean() });

const share = z.number().min(0).max(1).nullable().describe('Share of searches; null where there was none.');
const searchRates = z.strictObject({ threshold: z.number(), far: share, frr: share, misnamed: share });
export const calibration = z.strictObject({
  people: z.int(),
  examples: z.int(),
  genuineSearches: z.int(),
  impostorSearches: z.int(),
  impostorPeople: z.int(),
  searchedPeople: z.int(),
  strangersFrom: z.enum(['given', 'left-out people']),
  wantedFar: z.number(),
  recommended: searchRates.nullable().describe('Null where there is nothing to tell it from.'),
  current: z.strictObject({ ...searchRates.shape, source: z.enum(['set', 'calibrated', 'default']) }),
  farAtMost: z
    .number()
    .describe('Upper end of the 95 % interval of the false-accept rate at the recommended threshold.'),
  searchesNeeded: z.int().describe('As many searches of strangers would be needed to tell the wanted rate.'),
  table: z.array(searchRates),
  histogram: z.strictObject({
    edges: z.array(z.number()),
    genuine: z.array(z.int()),
    impostor: z.array(z.int()),
  }),
  warnings: z.array(z.enum(['no_searches', 'few_searches', 'few_people', 'few_genuine', 'stand_ins', 'many_rejected'])),
});

/** Requests. */
export const calibrationQuery = z.object({ far: z.coerce.number().gt(0).max(0.5).optional() });
export const faceParameter = z.coerce.number().int().min(0);
export const thresholdParameter = z.coerce.number().gt(0).max(2);
export const flagParameter = z.enum(['true', 'false']);
export const sessionParameter = z
  .string()
  .regex(/^[\w-]{8,64}$/, 'give 8 to 64 letters, digits, hyphens or underscores');
export const trackParameter = z.coerce.number().int().min(1);
export const eventsQuery = z.object({
  camera: z.string().max(50).optional(),
  type: z.enum(EVENT_TYPES).optional(),
  replay: z.coerce.number().int().min(0).max(1000).default(0),
});
export const liveSettings = z.strictObject({
  threshold: thresholdParameter.nullable().default(null),
  duplicates: z.boolean().default(false),
  group: z.string().nullable().optional(),
  details: z.boolean().default(false),
});
export const peopleQuery = z.object({
  search: z.string().max(100).optional(),
  group: z.string().max(200).optional(),
  id: z.string().max(200).optional(),
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(500).default(50),
});
/** What is not given stays as it is; beyond the shape, `parsePersonDetails` says what may be given. */
export const personChange = z
  .strictObject({
    name: z.string().optional(),
    id: z.string().nullable().optional(),
    metadata: z.record(z.string(), z.json()).optional(),
    groups: z.array(z.string()).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'give a name, an id, metadata or groups');
export const mergeBody = z.strictObject({ from: z.string(), into: z.string() });
export const loginBody = z.strictObject({ key: z.string().max(200) });
