import sharp from 'sharp';
import { loadMtcnn } from '../src/faces/detect/mtcnn/mtcnn.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { sharedPath } from '../test/helpers/shared.js';
import { report, sideBySide } from './support/harness.js';
import { recordingEngine, replay } from './support/recording.js';
import { specOf, THREADS } from './support/setting.js';

/**
 * Overhead of MTCNN on a large image, 1366×768 with faces from 20 px: time relative to the bare runs of its networks on
 * the same tensors. Neither includes decoding.
 *
 *   npx tsx bench/detect-large.ts
 */
const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
const { detector, cacheDir } = specOf({ DETECTOR: 'mtcnn', DETECT_MIN_FACE_PX: '20' });
if (detector.kind !== 'mtcnn') throw new Error('MTCNN is not here');
const mtcnn = await loadMtcnn(engine, detector.files, cacheDir, detector);
const photo = sharp(sharedPath('images', 'groups', 'bbt1.jpg')).resize(1366, 768, { fit: 'cover' });
const image = await decodeImage(await photo.png().toBuffer(), { maxPixels: 1e7 });
const runs = await engine.record(() => mtcnn.detect(image));

const [detect, networks] = await sideBySide(
  [
    { name: 'MTCNN, 1366×768 from 20 px', run: () => mtcnn.detect(image) },
    { name: 'its networks alone', run: () => replay(runs) },
  ] as const,
  { rounds: 30, warmUp: 3 },
);
report('detect-large', [detect, networks], { ratio: detect.median / networks.median });
