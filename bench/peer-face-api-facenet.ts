import { report } from './support/harness.js';
import { peersInTurn } from './support/peer-candidates.js';

/**
 * A 640×480 JPEG with one face through MTCNN (from 40 px) and FaceNet: time of face-api with SSD (`ratio`) and with its
 * Tiny detector (`ratioTiny`), on TensorFlow.js (wasm), relative to Rostro.
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
