import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { loadNetwork } from '../src/faces/pipeline/load.js';
import { report, sideBySide } from './support/harness.js';
import { specOf, THREADS } from './support/setting.js';

/**
 * Duration of each embedding network for one aligned face; the ratio is that of MobileFaceNet to face-api.
 *
 *   npx tsx bench/embedders.ts
 */
const engine = createOnnxRuntime({ threads: THREADS });
const names = ['face-api', 'mobilefacenet', 'facenet-2018'];
const networks = await Promise.all(names.map((name) => loadNetwork(specOf({ EMBEDDER: name }), engine)));
const faces = networks.map(({ cropLength }) => Float32Array.from({ length: cropLength }, (_, i) => (i * 31) % 256));
const results = await sideBySide(
  names.map((name, i) => ({ name, run: () => networks[i].embed(faces[i]) })),
  { rounds: 60, warmUp: 5 },
);
report('embedders', results, { ratio: results[1].median / results[0].median });
