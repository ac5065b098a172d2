/** Example replies for the API reference: a photo with one face, with the networks of the installation. */

const face = {
  box: { x: 32.3, y: 180.5, width: 337, height: 397.9 },
  confidence: 0.984,
  landmarks: [
    { x: 137.8, y: 309.3 },
    { x: 252.8, y: 332.8 },
    { x: 167.2, y: 389.7 },
    { x: 128.9, y: 437.9 },
    { x: 227.7, y: 457.9 },
  ],
};
const pose = { yaw: -24.2, pitch: -9.5, roll: 12.4 };
const parts = { size: 1, sharpness: 1, light: 1, pose: 0.847, edge: 1 };
const quality = { score: 0.847, parts, facePx: 281, sharpness: 181.6, brightness: 0.571, contrast: 0.153, pose };

export const ENROLMENT_EXAMPLE = {
  enrolled: [
    {
      file: 'Ada Lovelace.jpg',
      name: 'Ada Lovelace',
      outcome: 'enrolled',
      example: 'ee899b313a745b79',
      ...face,
      live: { score: 0.998, verdict: 'live', why: null },
      crop: 'uploads/Ada Lovelace/ee899b313a745b79.jpg',
      embedding: 'embeddings/Ada Lovelace.npy',
      quality,
      rotated: 0,
      warnings: [],
    },
  ],
  rejected: [],
};

export const RECOGNITION_EXAMPLE = {
  image: { width: 500, height: 619 },
  rotated: 0,
  smallestFace: 25,
  warnings: [],
  facesFound: 1,
  faces: [
    {
      ...face,
      live: { score: 0.998, verdict: 'live', why: null },
      name: 'Ada Lovelace',
      id: 'E-1815',
      distance: 0.098,
      threshold: 0.6,
      falseMatchRate: 1.5e-16,
      nearest: 'Ada Lovelace',
      runnerUp: { name: 'Grace Hopper', distance: 0.774 },
      margin: 0.676,
    },
  ],
  model: {
    detector: 'ssd',
    embedder: 'face-api',
    matcher: 'nearest',
    engine: 'onnxruntime',
    provider: 'cpu',
    liveness: 'report',
  },
  timingsMs: { decode: 10.5, detect: 98.3, embed: 17, match: 5, total: 135.3 },
};

export const PERSON_EXAMPLE = {
  name: 'Ada Lovelace',
  id: 'E-1815',
  metadata: { floor: 3 },
  groups: ['night', 'staff'],
  consent: { basis: 'consent', date: '2026-09-01', note: 'Form in folder 12' },
  expires: '2027-06-30',
  cover: 'ee899b313a745b79',
  examples: [
    {
      id: 'ee899b313a745b79',
      addedAt: '2026-11-25T04:18:16.138Z',
      confidence: 0.947,
      quality,
      groups: null,
      wrongMatches: 1,
      crop: '/people/Ada%20Lovelace/examples/ee899b313a745b79/crop',
    },
  ],
  negatives: 1,
};

export const NEGATIVES_EXAMPLE = {
  name: 'Ada Lovelace',
  negatives: [
    {
      id: '0f9c1b7a52e84d36',
      addedAt: '2026-11-26T08:30:00.000Z',
      confidence: 0.981,
      quality,
      nearest: 'ee899b313a745b79',
      active: true,
      crop: '/people/Ada%20Lovelace/negatives/0f9c1b7a52e84d36/crop',
    },
  ],
};
