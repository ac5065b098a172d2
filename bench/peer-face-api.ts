import { report } from './harness.js';
import { peersInTurn } from './peer-candidates.js';

/**
 * The networks that come with the installation (SSD, 68 landmarks, descriptor) over a 640×480 JPEG with one face: time of
 * face-api itself on TensorFlow.js (wasm) over ours.
 *
 *   npx tsx bench/peer-face-api.ts
 */
const [our, peer] = await peersInTurn(['ours: SSD, landmarks, descriptor', 'face-api: SSD, landmarks, descriptor'], {
  rounds: 30,
  warmUp: 3,
});
report('peer-face-api', [our, peer], { ratio: peer.median / our.median });
