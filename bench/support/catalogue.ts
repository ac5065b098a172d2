/** Settings and arguments of one run of a bench. */
export interface BenchRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface Bench {
  /** The question that it answers. */
  readonly about: string;
  /** The runs whose figures are in docs/. Default: one without settings. */
  readonly runs?: readonly BenchRun[];
}

const MOBILEFACENET = { EMBEDDER: 'mobilefacenet', DETECTOR: 'mtcnn' };
const FACENET = { EMBEDDER: 'facenet-2018', DETECTOR: 'mtcnn', ROSTRO_DATA: '../shared/models' };
const FACE_API = { EMBEDDER: 'face-api', DETECTOR: 'ssd' };

/** Every bench, by the name of its file. */
export const BENCHES: Readonly<Record<string, Bench>> = {
  // Speed and memory
  frame: { about: 'a webcam frame from bytes to a name, beside bare networks' },
  'detect-large': { about: 'MTCNN on a large picture, beside bare networks' },
  budget: { about: 'where the milliseconds of a frame and of a large picture go' },
  'embed-batch': { about: '16 faces through FaceNet, beside the bare network' },
  embedders: { about: 'the embedding networks beside each other' },
  'peer-face-api': { about: 'face-api on TensorFlow.js, beside Rostro' },
  engines: { about: 'TensorFlow.js as an engine, beside ONNX Runtime' },
  prelu: { about: "ONNX Runtime's PRelu, beside the same rewritten" },
  pixels: { about: 'pixel loops in WebAssembly, beside TypeScript' },
  throughput: { about: 'faces a second of 16 clients, beside bare networks' },
  responsive: { about: 'whether the server answers while it recognises' },
  growth: { about: 'the time by faces, pixels, clients and people' },
  memory: { about: 'whether memory grows with frames' },
  start: { about: 'time and memory of a start' },
  // Live
  live: { about: 'tracked faces, beside every frame searched' },
  'live-page': { about: 'frames a second of the live page in Chromium' },
  liveness: { about: 'the cost of the liveness check' },
  'people-page': { about: 'the page People on a slow tablet' },
  // Galleries, search, many photos
  'search-100k': { about: 'the exact search, beside one pass over the memory' },
  'search-approx': { about: 'the approximate search: time and recall' },
  gallery: { about: 'opening and changing a large gallery, plain and encrypted' },
  import: { about: 'enrolling many photos, beside bare networks' },
  history: { about: 'sightings: reading, paging, erasing, strangers', runs: [{}, { env: { SIGHTINGS: '4000' } }] },
  'audit-cost': { about: 'the audit log when an example is stored' },
  'observing-cost': { about: 'logs and audit log of recognitions' },
  // PostgreSQL
  follow: { about: 'when another server knows an enrolled person' },
  'start-10k': { about: 'the start with 10,000 people, in files and in PostgreSQL' },
  'scale-out': { about: 'a second server on the same PostgreSQL' },
  footprint: { about: 'bytes and memory of a person' },
  // Accuracy, on photos of LFW
  crops: { about: 'crop geometry for FaceNet' },
  people: { about: 'eight people, all pairs of detector and embedder' },
  classifiers: { about: 'matchers, with strangers', runs: [{ args: ['facenet'] }, { args: ['face-api'] }] },
  'several-examples': { about: 'several examples of a person', runs: [{ env: MOBILEFACENET }] },
  quality: { about: 'what a bad example does, and the quality score' },
  impostors: {
    about: 'how near strangers are',
    runs: [{ env: MOBILEFACENET }, { env: FACENET }, { env: FACE_API }],
  },
  corrections: { about: 'what corrections of names do', runs: [{ env: MOBILEFACENET }, { env: FACENET }] },
  strangers: {
    about: 'grouping strangers, and how many crops one needs',
    runs: [
      { env: { ...MOBILEFACENET, SHARES: '0.6,0.696', ORDERS: '1' } },
      { env: { ...FACENET, SHARES: '0.6,0.65,0.7', ORDERS: '1' } },
      { env: { ...FACE_API, DETECTOR: 'mtcnn', SHARES: '0.6,0.646,0.7', ORDERS: '1' } },
    ],
  },
  'kept-crops': {
    about: 'whether a stored crop is enough for another embedder',
    runs: [{ args: ['32'] }, { args: ['32', 'mtcnn+mobilefacenet', 'mtcnn+facenet'] }],
  },
  yunet: { about: 'YuNet by the width of faces' },
};
