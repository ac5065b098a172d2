import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import {
  basePath,
  bit,
  brokerUrl,
  count,
  databaseUrl,
  discoveryTopic,
  embedder,
  fileList,
  margin,
  megabytes,
  megapixels,
  milliseconds,
  origins,
  path,
  port,
  positive,
  probability,
  requestsPerMinute,
  stageThresholds,
  threshold,
  topicPrefix,
  trustedProxies,
} from './setting-types.js';
import { DETECTORS } from '../faces/detect/detector.js';
import { CONSENT_POLICIES } from '../people/consent.js';
import { LOG_LEVELS } from '../shared/logger.js';

/** The groups of the configuration, in the order of `docs/settings.md`, with their headings there. */
export const SECTIONS = {
  server: 'Address and access',
  tls: 'HTTPS',
  storage: 'Data',
  detection: 'Finding faces',
  embedding: 'Embedding faces',
  liveness: 'Liveness',
  search: 'Matching and search',
  enrolment: 'Enrolment',
  compute: 'Engine, GPU, threads and memory',
  limits: 'Limits',
  live: 'Cameras and live sessions',
  events: 'Webhooks',
  mqtt: 'MQTT',
  privacy: 'Privacy',
  logging: 'Logs',
} as const;

export type SectionName = keyof typeof SECTIONS;

interface Setting {
  /** The value is `config[section][key]`. */
  readonly section: SectionName;
  readonly key: string;
  /** Reads the text of the environment variable or flag. */
  readonly type: z.ZodType;
  /** As text, read by `type`. Without it the value is undefined if it is not set. */
  readonly default?: string | (() => string);
  /** Describes the default where it has no text of its own. */
  readonly defaultShown?: string;
  readonly unit?: string;
  /** The text may contain a password: error messages do not repeat it. */
  readonly secret?: true;
  /** As Commander reads it. */
  readonly flag?: string;
  /** The flag exists for `rostro serve` only. */
  readonly serveOnly?: true;
  /** An administrator may change it while the server runs, unless it is set: `LiveSettings`. */
  readonly changeable?: true;
  /** For `--help` and the table of `docs/settings.md`; allowed values are added to it. */
  readonly summary: string;
  /** Markdown, for `docs/settings.md`, below the table. */
  readonly note?: string;
}

/** More workers than this are not started by default: each holds the detector's networks and a photo or two. */
const MAX_WORKERS = 8;
/** The detector's networks are too small for more. */
const MAX_THREADS_PER_WORKER = 4;
/** Of the memory of the machine or the container. */
const MEMORY_SHARE = 0.75;

/**
 * Every setting by the name of its environment variable. A new setting is added here: configuration, flag, `--help` and
 * `docs/settings.md` (`npm run docs:settings`) are made from this table.
 */
export const SETTINGS = {
  HOST: {
    section: 'server',
    key: 'host',
    type: z.string(),
    default: '127.0.0.1',
    flag: '--host <address>',
    serveOnly: true,
    summary: 'address to listen on',
    note: 'Any address that other machines can reach needs an access key ([Keys and scopes](security.md#keys-and-scopes)).',
  },
  PORT: {
    section: 'server',
    key: 'port',
    type: port,
    default: '5000',
    flag: '--port <n>',
    serveOnly: true,
    summary: 'port to listen on',
  },
  OPEN: {
    section: 'server',
    key: 'open',
    type: bit,
    default: '0',
    flag: '--open',
    serveOnly: true,
    summary: 'accept requests from any address if no keys exist',
  },
  CORS_ORIGINS: {
    section: 'server',
    key: 'corsOrigins',
    type: origins,
    default: '',
    defaultShown: 'none',
    summary: 'origins of other sites whose pages may call the server',
    note: 'For example `https://door.example`; several are separated by commas. These pages need a key of their own.',
  },
  BASE_PATH: {
    section: 'server',
    key: 'basePath',
    type: basePath,
    default: '',
    defaultShown: 'none',
    summary: 'path below which a proxy shows the server, such as /faces',
    note: 'The server answers below it and at its root. `X-Forwarded-Prefix` of a proxy in `TRUST_PROXY` replaces it. Choose none that begins like a route, such as `/people`. See [Below a path](proxies.md#below-a-path).',
  },
  FRAME_ANCESTORS: {
    section: 'server',
    key: 'frameAncestors',
    type: origins,
    default: '',
    defaultShown: 'none',
    summary: 'origins of other sites whose pages may show this one in a frame',
    note: 'For example `http://homeassistant.local:8123`. See [In a frame](proxies.md#in-a-frame).',
  },
  TRUST_PROXY: {
    section: 'server',
    key: 'trustProxy',
    type: trustedProxies,
    default: '0',
    summary: 'number of proxies before the server, or their addresses',
    note: 'The server takes the addresses of clients from these proxies. See [Behind a proxy](security.md#behind-a-proxy).',
  },
  HSTS_DAYS: {
    section: 'server',
    key: 'hstsDays',
    type: z.coerce.number().int().min(0).max(3650),
    default: '0',
    unit: 'days',
    summary: 'time for which browsers use only HTTPS for this host name; 0 is off',
    note: 'Needs `TLS_CERT` and `TLS_KEY`. It holds for every port of the host name, and cannot be taken back in browsers that have seen it. See [HTTPS](security.md#https).',
  },
  HTTPS: {
    section: 'tls',
    key: 'https',
    type: bit,
    default: '0',
    flag: '--https',
    serveOnly: true,
    summary: 'serve HTTPS: self-signed, or with TLS_CERT and TLS_KEY',
  },
  TLS_CERT: {
    section: 'tls',
    key: 'cert',
    type: z.string(),
    defaultShown: 'none',
    summary: 'PEM file of your own certificate',
    note: '`TLS_CERT` and `TLS_KEY` go together. They turn HTTPS on without `HTTPS`.',
  },
  TLS_KEY: {
    section: 'tls',
    key: 'key',
    type: z.string(),
    defaultShown: 'none',
    summary: 'PEM file of its private key',
  },
  ROSTRO_DATA: {
    section: 'storage',
    key: 'dataDir',
    type: path,
    default: '.',
    defaultShown: 'current folder',
    flag: '--data <dir>',
    summary: 'folder of model/, npy/, uploads/ and embeddings/',
  },
  DATABASE_URL: {
    section: 'storage',
    key: 'databaseUrl',
    type: databaseUrl,
    defaultShown: 'none: files',
    secret: true,
    flag: '--database <url>',
    summary: 'PostgreSQL database for the gallery',
    note: 'For example `postgres://user:password@host:5432/name`. See [PostgreSQL](postgres.md).',
  },
  DATABASE_LISTEN_URL: {
    section: 'storage',
    key: 'databaseListenUrl',
    type: databaseUrl,
    defaultShown: '`DATABASE_URL`',
    secret: true,
    summary: 'The same database, for the connection that listens for changes',
    note: 'Needed if `DATABASE_URL` leads through PgBouncer in transaction mode. See [PostgreSQL](postgres.md#pgbouncer).',
  },
  ENCRYPTION_KEY_FILE: {
    section: 'storage',
    key: 'encryptionKeyFiles',
    type: fileList,
    default: '',
    defaultShown: 'none',
    flag: '--encryption-key-file <file>',
    summary: 'file of the key that encrypts crops and embeddings',
    note: 'Several files are separated by commas: the first one encrypts, all of them decrypt. See [Encrypt the gallery](security.md#encrypt-the-gallery).',
  },
  DETECTOR: {
    section: 'detection',
    key: 'detector',
    type: z.enum(['auto', ...DETECTORS]),
    default: 'auto',
    flag: '--detector <name>',
    summary: 'network that finds faces',
    note: '`auto` takes MTCNN where its files are installed, otherwise YuNet, otherwise SSD. See [Models](models.md#which-one-to-choose).',
  },
  DETECT_MIN_FACE_PX: {
    section: 'detection',
    key: 'minFacePx',
    type: z.coerce.number().min(12),
    default: '20',
    unit: 'px',
    flag: '--min-face <px>',
    summary: 'smallest face that MTCNN, YuNet and Haar look for',
  },
  MTCNN_THRESHOLDS: {
    section: 'detection',
    key: 'mtcnnThresholds',
    type: stageThresholds,
    default: '0.6,0.7,0.7',
    summary: 'confidence thresholds of the three stages of MTCNN',
  },
  MTCNN_FACTOR: {
    section: 'detection',
    key: 'mtcnnFactor',
    type: z.coerce.number().gt(0).lt(1),
    default: '0.709',
    summary: 'scale step of the image pyramid of MTCNN',
  },
  SSD_MIN_CONFIDENCE: {
    section: 'detection',
    key: 'ssdMinConfidence',
    type: probability,
    default: '0.5',
    summary: 'lowest confidence of a face that SSD reports',
  },
  EMBEDDER: {
    section: 'embedding',
    key: 'embedder',
    type: embedder,
    default: 'auto',
    flag: '--embedder <name>',
    summary: 'auto, face-api, facenet, facenet-2018, or a model: mobilefacenet',
    note: '`auto` takes the embedder that made the gallery as long as its files exist. For an empty gallery it takes MobileFaceNet, without it FaceNet, without both face-api. Of several FaceNets, `facenet` takes the newest; a year or a version chooses one (`facenet-2018`, `facenet-20180402-114759`). Other names are those of [model cards](models.md#which-model-for-whom).',
  },
  STANDARDISATION: {
    section: 'embedding',
    key: 'standardisation',
    type: z.enum(['fixed', 'prewhiten']),
    defaultShown: 'as trained',
    flag: '--standardisation <name>',
    summary: "standardisation of FaceNet's input",
    note: "The default is how the network was trained. The wrong one costs 2.6 points of accuracy (0.9658). See [Details of FaceNet's input](models.md#details-of-facenets-input).",
  },
  MARGIN: {
    section: 'embedding',
    key: 'margin',
    type: margin,
    defaultShown: '28%',
    flag: '--margin <size>',
    summary: 'margin around a face for FaceNet: 38% or 44px',
    note: 'A share of the face box, or pixels. The original Python system used `44px`.',
  },
  FLIP: {
    section: 'embedding',
    key: 'flip',
    type: z.enum(['off', 'enrol', 'both']),
    defaultShown: 'by the embedder',
    summary: 'embeddings averaged with those of the mirrored faces',
    note: '`enrol` averages the embeddings that are enrolled, at no cost for recognition. `both` averages all of them: embedding takes twice the time. Where 1 % of strangers get a name, MobileFaceNet misses 8.1 % of the enrolled people of LFW with `off`, 7.0 % with `enrol` and 5.3 % with `both`. The default is `enrol` for MobileFaceNet and other model cards, and `off` for FaceNet and face-api. It is not for face-api. A gallery may be enrolled with one value and used with another.',
  },
  LIVENESS: {
    section: 'liveness',
    key: 'policy',
    type: z.enum(['off', 'report', 'require']),
    default: 'report',
    changeable: true,
    summary: 'whether faces are checked to be living people, not pictures',
    note: '`report` adds `live` to every face where the networks are installed (`rostro models pull liveness`). `require` gives a name only to a face that is judged `live`, and needs the networks. See [Liveness](liveness.md).',
  },
  LIVENESS_THRESHOLD: {
    section: 'liveness',
    key: 'threshold',
    type: probability,
    default: '0.5',
    summary: 'least score of a living person',
    note: 'Higher values let fewer pictures pass and refuse more people. See [Error rates](liveness.md#error-rates).',
  },
  LIVENESS_ENROL: {
    section: 'liveness',
    key: 'toEnrol',
    type: bit,
    default: '0',
    summary: 'whether the webcam of the page enrols only living people',
    note: 'Photos from files are not checked. Needs the networks.',
  },
  THRESHOLD: {
    section: 'search',
    key: 'threshold',
    type: threshold,
    defaultShown: 'calibrated',
    flag: '--threshold <distance>',
    summary: 'largest Euclidean distance of two faces of one person, or auto',
    note: '`auto` follows the gallery: the larger it is, the lower the threshold, so that `MATCH_FAR` of the searches by strangers get a name. The default is the threshold that `rostro calibrate --apply` or the calibration page stored, otherwise 1.1 for FaceNet and for model cards without an impostor table, and `auto` for the others. See [Accuracy and thresholds](accuracy-and-thresholds.md#a-threshold-that-follows-the-gallery).',
  },
  MATCHER: {
    section: 'search',
    key: 'matcher',
    type: z.enum(['nearest', 'knn', 'svm']),
    default: 'nearest',
    flag: '--matcher <name>',
    summary: 'how a name is decided',
    note: '`knn` and `svm` are trained on the gallery: [Trained matchers](accuracy-and-thresholds.md#trained-matchers).',
  },
  MATCH_FAR: {
    section: 'search',
    key: 'far',
    type: z.coerce.number().gt(0).max(0.5),
    default: '0.01',
    summary: 'share of strangers that THRESHOLD=auto and a trained matcher may name',
  },
  SVM_KERNEL: {
    section: 'search',
    key: 'svmKernel',
    type: z.enum(['linear', 'rbf']),
    default: 'rbf',
    summary: 'kernel of the trained matcher svm',
  },
  SEARCH: {
    section: 'search',
    key: 'mode',
    type: z.enum(['auto', 'exact', 'approximate', 'plain', 'pgvector']),
    default: 'auto',
    flag: '--search <how>',
    summary: 'gallery search',
    note: '`auto` chooses by the number of examples: [Search a large gallery](scaling.md#search-a-large-gallery). `pgvector` searches in the database: [pgvector](postgres.md#more-people-than-fit-into-memory-pgvector).',
  },
  MIN_FACE_PX: {
    section: 'enrolment',
    key: 'minFacePx',
    type: z.coerce.number().min(0),
    default: '40',
    unit: 'px',
    summary: 'shorter side of the smallest face that is enrolled',
  },
  QUALITY_GATE: {
    section: 'enrolment',
    key: 'gate',
    type: z.enum(['refuse', 'warn', 'off']),
    default: 'refuse',
    summary: 'what happens to a smaller face',
    note: '`refuse` rejects it, `warn` enrols it with a warning, `off` gives no warnings about any photo.',
  },
  ENGINE: {
    section: 'compute',
    key: 'engine',
    type: z.enum(['onnxruntime', 'tfjs']),
    default: 'onnxruntime',
    flag: '--engine <name>',
    summary: 'library that runs the networks',
    note: '`tfjs` is TensorFlow.js, which you install separately: [Engines](models.md#engines).',
  },
  PROVIDER: {
    section: 'compute',
    key: 'provider',
    type: z.enum(['auto', 'cpu', 'webgpu', 'cuda']),
    default: 'auto',
    flag: '--provider <name>',
    summary: 'device that embeds faces',
    note: '`auto` takes a GPU that is faster than the CPU. See [Use a GPU](scaling.md#use-a-gpu).',
  },
  WORKERS: {
    section: 'compute',
    key: 'workers',
    type: count,
    default: () => String(Math.min(availableParallelism(), MAX_WORKERS)),
    defaultShown: 'cores, at most 8',
    flag: '--workers <n>',
    summary: 'processes that decode photos, and find and embed faces',
    note: 'Each runs the embedding network too, unless it is large, as FaceNet, or on a GPU: then a thread of the server embeds the faces of all workers.',
  },
  THREADS: {
    section: 'compute',
    key: 'threadsPerWorker',
    type: count,
    default: () => String(Math.min(availableParallelism(), MAX_THREADS_PER_WORKER)),
    defaultShown: 'cores, at most 4',
    flag: '--threads <n>',
    summary: 'threads of the inference engine in each worker',
    note: 'Commands that process many photos take 1.',
  },
  MAX_MEMORY_MB: {
    section: 'compute',
    key: 'maxMemoryBytes',
    type: count.transform((given) => given * 1024 * 1024),
    default: () => String(Math.floor(memoryShare() / 1024 / 1024)),
    defaultShown: '75% of the memory',
    unit: 'MB',
    summary: 'memory above which idle workers are restarted',
    note: 'Of the memory of the machine or the container. At most one worker a minute is restarted.',
  },
  MAX_IMAGE_MB: {
    section: 'limits',
    key: 'maxImageBytes',
    type: megabytes,
    default: '20',
    unit: 'MB',
    summary: 'largest size of a photo',
  },
  MAX_IMAGE_MEGAPIXELS: {
    section: 'limits',
    key: 'maxImagePixels',
    type: megapixels,
    default: '50',
    unit: 'MP',
    summary: 'most pixels of a photo',
  },
  MAX_FILES: {
    section: 'limits',
    key: 'maxFilesPerRequest',
    type: count,
    default: '20',
    summary: 'most photos in a request',
  },
  MAX_REQUEST_MB: {
    section: 'limits',
    key: 'maxRequestBytes',
    type: megabytes,
    default: '100',
    unit: 'MB',
    summary: 'largest size of all photos of a request together',
  },
  MAX_IMPORT_MB: {
    section: 'limits',
    key: 'maxImportBytes',
    type: megabytes,
    default: '4096',
    unit: 'MB',
    summary: 'largest size of all photos of one POST /import',
  },
  MAX_FACES: {
    section: 'limits',
    key: 'maxFaces',
    type: count,
    default: '100',
    summary: 'most faces of a photo that are embedded and named',
    note: 'The smallest faces are left out; `facesFound` counts all of them.',
  },
  MAX_QUEUE: {
    section: 'limits',
    key: 'maxQueue',
    type: count,
    default: '64',
    summary: 'most photos that wait for a worker; more are refused',
  },
  REQUEST_DEADLINE_MS: {
    section: 'limits',
    key: 'deadlineMs',
    type: milliseconds,
    default: '30000',
    unit: 'ms',
    summary: 'time to answer a request',
    note: 'A request that takes longer is refused with `deadline_exceeded`. A worker that takes longer for one photo is killed and replaced.',
  },
  HEADERS_TIMEOUT_MS: {
    section: 'limits',
    key: 'headersTimeoutMs',
    type: milliseconds,
    default: '10000',
    unit: 'ms',
    summary: 'time for a client to send the headers; then 408',
  },
  BODY_TIMEOUT_MS: {
    section: 'limits',
    key: 'bodyTimeoutMs',
    type: milliseconds,
    default: '120000',
    unit: 'ms',
    summary: 'longest time in which the body of a request stalls; then 408',
    note: 'A body stalls while fewer than 500 bytes a second come, on average over this time. Uploads that make progress have no limit of time.',
  },
  KEEP_ALIVE_TIMEOUT_MS: {
    section: 'limits',
    key: 'keepAliveTimeoutMs',
    type: milliseconds,
    default: '75000',
    unit: 'ms',
    summary: 'time after which an idle connection is closed',
    note: 'It must be longer than the idle time of a load balancer (often 60 s): a connection that both sides use and close at the same moment gives status 502.',
  },
  MAX_CONNECTIONS: {
    section: 'limits',
    key: 'maxConnections',
    type: count,
    default: '2048',
    summary: 'most open connections',
    note: 'Beyond it, and beyond a quarter of it for one address, connections without a key are closed. See [Limits against overload](security.md#limits-against-overload).',
  },
  RATE_LIMIT: {
    section: 'limits',
    key: 'rateLimit',
    type: requestsPerMinute,
    default: '6000',
    summary: 'most requests a minute of one key; 0 for no limit',
    note: 'On a server without keys, `RATE_LIMIT` and `RATE_LIMIT_CHANGES` count the requests of one address. A frame on `/live` counts as a request.',
  },
  RATE_LIMIT_CHANGES: {
    section: 'limits',
    key: 'changesRateLimit',
    type: requestsPerMinute,
    default: '600',
    summary: 'the same for requests that change data',
  },
  CAMERAS_FILE: {
    section: 'live',
    key: 'camerasFile',
    type: path,
    defaultShown: 'none',
    flag: '--cameras <file>',
    serveOnly: true,
    summary: 'JSON file of the cameras that the server watches',
    note: 'See [Give the server its cameras](cameras.md#give-the-server-its-cameras).',
  },
  FFMPEG: {
    section: 'live',
    key: 'ffmpeg',
    type: z.string(),
    default: 'ffmpeg',
    summary: 'ffmpeg, or its path; it reads the cameras',
  },
  MAX_LIVE_SESSIONS: {
    section: 'live',
    key: 'maxSessions',
    type: count,
    default: '100',
    summary: 'most live sessions at the same time',
    note: 'At the limit, the key with the most sessions loses one to a key with fewer; a new WebSocket of the key with the most is refused.',
  },
  LIVE_DETECT_EVERY: {
    section: 'live',
    key: 'detectEvery',
    type: count,
    default: '10',
    unit: 'frames',
    summary: 'interval at which a whole frame is searched for faces',
  },
  WEBHOOKS_FILE: {
    section: 'events',
    key: 'webhooksFile',
    type: path,
    defaultShown: 'none',
    summary: 'JSON file of the webhooks that receive events',
    note: 'See [Webhooks](events.md#webhooks).',
  },
  MQTT_URL: {
    section: 'mqtt',
    key: 'url',
    type: brokerUrl,
    defaultShown: 'none',
    secret: true,
    summary: 'broker that receives events',
    note: 'For example `mqtt://user:password@host:1883`; `mqtts`, `ws` and `wss` work too. See [MQTT and Home Assistant](events.md#mqtt-and-home-assistant).',
  },
  MQTT_TOPIC: {
    section: 'mqtt',
    key: 'prefix',
    type: topicPrefix,
    default: 'rostro',
    summary: 'prefix of the topics; each server needs its own',
  },
  MQTT_DISCOVERY: {
    section: 'mqtt',
    key: 'discovery',
    type: discoveryTopic,
    default: 'homeassistant',
    summary: 'discovery prefix of Home Assistant, or off',
  },
  AUDIT: {
    section: 'privacy',
    key: 'audit',
    type: z.enum(['changes', 'all', 'off']),
    default: 'changes',
    summary: 'what the audit log records',
    note: '`all` records the names given to faces, too, and who read data of people. See [Audit log](people-and-privacy.md#audit-log).',
  },
  ATTRIBUTES: {
    section: 'privacy',
    key: 'attributes',
    type: z.enum(['on', 'off']),
    default: 'on',
    summary: 'whether requests may ask for age, gender, expression and pose',
    note: '`off` refuses them with `attributes_off`. Nothing is guessed without a request, see [Attributes](http-api.md#attributes).',
  },
  RETENTION_DAYS: {
    section: 'privacy',
    key: 'retentionDays',
    type: positive.max(36_500),
    defaultShown: 'off',
    unit: 'days',
    changeable: true,
    summary: 'age at which examples are erased',
    note: 'A person is erased together with the last example. See [Delete old examples automatically](people-and-privacy.md#delete-old-examples-automatically).',
  },
  CONSENT: {
    section: 'privacy',
    key: 'consent',
    type: z.enum(CONSENT_POLICIES),
    default: 'optional',
    summary: 'whether new people are enrolled only with a recorded consent',
    note: '`required` refuses others with `consent_required`, see [Consent](people-and-privacy.md#consent).',
  },
  HISTORY_DAYS: {
    section: 'privacy',
    key: 'historyDays',
    type: z.coerce.number().min(0).max(36_500),
    default: '0',
    unit: 'days',
    changeable: true,
    summary: 'how long the server keeps who was seen',
    note: '0 records nothing; with files, the start deletes what was recorded. See [History](history.md).',
  },
  STRANGER_DAYS: {
    section: 'privacy',
    key: 'strangerDays',
    type: positive.max(36_500),
    default: '2',
    unit: 'days',
    changeable: true,
    summary: 'how long the server keeps who was seen and is not known',
    note: 'Not longer than `HISTORY_DAYS`. See [Strangers](history.md#strangers).',
  },
  LOG_LEVEL: {
    section: 'logging',
    key: 'level',
    type: z.enum(LOG_LEVELS),
    default: 'info',
    summary: 'lowest level of the lines on standard error',
  },
  LOG_FORMAT: {
    section: 'logging',
    key: 'format',
    type: z.enum(['text', 'json']),
    defaultShown: 'by terminal',
    summary: 'format of these lines',
    note: 'The default is `text` in a terminal, otherwise `json`.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Entry<S extends SectionName> = Extract<(typeof SETTINGS)[SettingName], { readonly section: S }>;
type ValueOf<E extends Setting> =
  z.output<E['type']> | (E extends { readonly default: string | (() => string) } ? never : undefined);

/** The values of every section, by `section` and `key` of the table. */
export type SettingValues = {
  readonly [S in SectionName]: { readonly [E in Entry<S> as E['key']]: ValueOf<E> };
};

/** Settings that may be changed while the server runs. */
export type ChangeableName = {
  [N in SettingName]: (typeof SETTINGS)[N] extends { readonly changeable: true } ? N : never;
}[SettingName];
export const CHANGEABLE_NAMES = SETTING_NAMES.filter(
  (name): name is ChangeableName => settingOf(name).changeable === true,
);
export type ChangeableValues = { readonly [N in ChangeableName]: ValueOf<(typeof SETTINGS)[N]> };

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** For `--help` and `docs/settings.md`: the summary, with the values that are allowed. */
export function describeSetting(name: SettingName): string {
  const { summary, type } = settingOf(name);
  return type instanceof z.ZodEnum ? `${summary}: ${type.options.join(', ')}` : summary;
}

/** The default as a reader should see it, with its unit; null for a switch that is off. */
export function describeDefault(name: SettingName): string | null {
  const { defaultShown, type, unit, ...setting } = settingOf(name);
  if (type === bit) return null;
  if (defaultShown !== undefined) return defaultShown;
  return [setting.default, unit].filter((part) => typeof part === 'string').join(' ');
}

/** Without a container's limit Node.js returns 0, or more than any machine has. */
function memoryShare(): number {
  const limit = process.constrainedMemory();
  return MEMORY_SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}
