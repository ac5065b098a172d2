import { report } from './support/harness.js';
import { peersInTurn } from './support/peer-candidates.js';

/**
 * A 640×480 JPEG with one face through the default networks and settings (MTCNN from 20 px, MobileFaceNet): time of face-api
 * with SSD, 68 landmarks and descriptor on TensorFlow.js (wasm), relative to Rostro (`ratio`), and to Rostro from 40 px
 * (`ratioFrom40`); time of face-api with its Tiny detector, relative to Rostro from 40 px (`ratioTiny`). Each in its own
 * process; both decode with sharp.
 *
 *   npx tsx bench/peer-face-api.ts
 */
const peers = [
  'ours: MTCNN from 20 px, MobileFaceNet',
  'ours: MTCNN from 40 px, MobileFaceNet',
  'face-api: SSD, landmarks, descriptor',
  'face-api: Tiny detector, landmarks, descriptor',
] as const;
const timings = await peersInTurn(peers, { rounds: 30, warmUp: 3 });
const [our, ourFrom40, withSsd, withTiny] = timings;
report('peer-face-api', timings, {
  ratio: withSsd.median / our.median,
  ratioFrom40: withSsd.median / ourFrom40.median,
  ratioTiny: withTiny.median / ourFrom40.median,
  ratioCpu: withSsd.cpu / our.cpu,
});
