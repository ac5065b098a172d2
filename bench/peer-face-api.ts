import { report, sideBySide } from './harness.js';
import { faceApiCandidates, ourCandidate } from './peer.js';
import { oneFaceFrame, specOf } from './setting.js';

/**
 * The networks that come with the installation (SSD, 68 landmarks, descriptor) over a 640×480 JPEG with one face: time of
 * face-api itself on TensorFlow.js (wasm) over ours.
 *
 *   npx tsx bench/peer-face-api.ts
 */
const jpeg = await oneFaceFrame();
const ours = await ourCandidate('ours: the same networks', specOf({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }), jpeg);
const { ssd } = await faceApiCandidates(jpeg);
const [our, peer] = await sideBySide([ours, ssd] as const, { rounds: 25, warmUp: 3 });
report('peer-face-api', [our, peer], { ratio: peer.median / our.median });
