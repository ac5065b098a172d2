import { report } from './harness.js';
import { peersInTurn } from './peer-candidates.js';

/**
 * A 640×480 JPEG with one face through MTCNN (from 40 px) and FaceNet: time of face-api's path with SSD (`ratio`) and with
 * its Tiny detector (`ratioTiny`), on TensorFlow.js (wasm), over ours.
 *
 *   npx tsx bench/peer-face-api-facenet.ts
 */
const peers = [
  'ours: MTCNN, FaceNet',
  'face-api: SSD, landmarks, descriptor',
  'face-api: Tiny detector, landmarks, descriptor',
] as const;
const [our, withSsd, withTiny] = await peersInTurn(peers, { rounds: 30, warmUp: 3 });
const [ratio, ratioTiny] = [withSsd, withTiny].map(({ median }) => median / our.median);
report('peer-face-api-facenet', [our, withSsd, withTiny], { ratio, ratioTiny });
