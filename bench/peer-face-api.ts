import { report } from './support/harness.js';
import { peersInTurn } from './support/peer-candidates.js';

/**
 * A 640×480 JPEG with one face through the default networks and settings (MTCNN from 20 px, MobileFaceNet): time of face-api
 * with SSD, 68 landmarks and descriptor on TensorFlow.js (wasm), relative to Rostro.
 *
 *   npx tsx bench/peer-face-api.ts
 */
const [our, peer] = await peersInTurn(['ours: MTCNN, MobileFaceNet', 'face-api: SSD, landmarks, descriptor'], {
  rounds: 30,
  warmUp: 3,
});
report('peer-face-api', [our, peer], { ratio: peer.median / our.median });
