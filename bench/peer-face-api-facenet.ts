import { report, sideBySide } from './harness.js';
import { faceApiCandidates, ourCandidate } from './peer.js';
import { oneFaceFrame, specOf } from './setting.js';

/**
 * A 640×480 JPEG with one face through MTCNN (from 40 px) and FaceNet: time of face-api's path with SSD (`ratio`) and with
 * its Tiny detector (`ratioTiny`), on TensorFlow.js (wasm), over ours.
 *
 *   npx tsx bench/peer-face-api-facenet.ts
 */
const jpeg = await oneFaceFrame();
const spec = specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' });
const ours = await ourCandidate('ours: MTCNN, FaceNet', spec, jpeg);
const { ssd, tiny } = await faceApiCandidates(jpeg);
const [our, withSsd, withTiny] = await sideBySide([ours, ssd, tiny] as const, { rounds: 25, warmUp: 3 });
const [ratio, ratioTiny] = [withSsd, withTiny].map(({ median }) => median / our.median);
report('peer-face-api-facenet', [our, withSsd, withTiny], { ratio, ratioTiny });
