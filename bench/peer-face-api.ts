import { report } from './support/harness.js';
import { peersInTurn } from './support/peer-candidates.js';

/**
 * The included networks (SSD, 68 landmarks, descriptor) on a 640×480 JPEG with one face: time of face-api on
 * TensorFlow.js (wasm) relative to Rostro.
 *
 *   npx tsx bench/peer-face-api.ts
 */
const [our, peer] = await peersInTurn(['ours: SSD, landmarks, descriptor', 'face-api: SSD, landmarks, descriptor'], {
  rounds: 30,
  warmUp: 3,
});
report('peer-face-api', [our, peer], { ratio: peer.median / our.median });
