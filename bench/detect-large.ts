import { loadMtcnn } from '../src/faces/detect/mtcnn/mtcnn.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { report, sideBySide } from './support/harness.js';
import { withPublishedMtcnn } from './support/published.js';
import { recordingEngine, replay } from './support/recording.js';
import { largePicture, specOf, THREADS } from './support/setting.js';

/**
 * MTCNN on a large picture, 1366×768 with faces from 20 px, without decoding, relative to bare runs of networks one after
 * another on the tensors of the same picture: of MTCNN's networks as published, before PRelu is rewritten (`ratio`), and of
 * those that it runs (`ratioOwn`). The same of CPU time: `ratioCpu`, `ratioOwnCpu`.
 *
 *   npx tsx bench/detect-large.ts
 */
const jpeg = await largePicture();
const image = await decodeImage(jpeg, { maxPixels: 1e7 });
const { detector, cacheDir } = specOf({ DETECTOR: 'mtcnn', DETECT_MIN_FACE_PX: '20' });
if (detector.kind !== 'mtcnn') throw new Error('MTCNN is not here');
const mtcnnSpec = detector;

async function load(folder: string) {
  const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
  const mtcnn = await loadMtcnn(engine, mtcnnSpec.files, folder, mtcnnSpec);
  return { mtcnn, runs: await engine.record(() => mtcnn.detect(image)) };
}

const { mtcnn, runs } = await load(cacheDir);
const published = await withPublishedMtcnn(mtcnnSpec.files, load);

const [detect, networks, bare] = await sideBySide(
  [
    { name: 'MTCNN, 1366×768 from 20 px', run: () => mtcnn.detect(image) },
    { name: 'its networks alone', run: () => replay(runs) },
    { name: 'its networks as published alone', run: () => replay(published.runs) },
  ] as const,
  { rounds: 30, warmUp: 3 },
);
report('detect-large', [detect, networks, bare], {
  ratio: detect.median / bare.median,
  ratioOwn: detect.median / networks.median,
  ratioCpu: detect.cpu / bare.cpu,
  ratioOwnCpu: detect.cpu / networks.cpu,
});
