import { NearestMatcher } from '../src/matching/nearest.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import type { PipelineSpec } from '../src/faces/pipeline/spec.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { report, sideBySide } from './support/harness.js';
import { withPublishedMtcnn } from './support/published.js';
import { recordingEngine, replay } from './support/recording.js';
import { oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * A webcam frame, a 640×480 JPEG with one face, from bytes to a name (MTCNN from 40 px, MobileFaceNet, nearest example),
 * relative to bare runs of networks one after another, on the tensors of the same frame:
 * - `ratio`: MTCNN and FaceNet as published, before PRelu is rewritten,
 * - `ratioOwn`: the networks that the frame runs,
 * - `ratioYunet`: the frame with YuNet instead of MTCNN, relative to the networks of `ratio`.
 * The same of CPU time, which other programs on the machine disturb less: `ratioCpu`, `ratioOwnCpu`, `ratioYunetCpu`.
 *
 *   npx tsx bench/frame.ts
 */
const MTCNN = { DETECTOR: 'mtcnn', DETECT_MIN_FACE_PX: '40' };
const jpeg = await oneFaceFrame();

async function load(spec: PipelineSpec) {
  const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
  const pipeline = await loadPipeline(spec, { engine });
  const run = () => pipeline.run('analyse', { bytes: jpeg });
  const { faces } = await run();
  if (faces.length !== 1) throw new Error(`the frame shows ${faces.length} faces`);
  const matcher = new NearestMatcher({ version: 1, people: () => [{ name: 'Ada', examples: [faces[0]] }] });
  return {
    recognise: async () => matcher.match((await run()).faces, pipeline.info.contract.threshold),
    runs: await engine.record(run),
  };
}

async function loadPublished() {
  const spec = specOf({ ...MTCNN, EMBEDDER: 'facenet' });
  if (spec.detector.kind !== 'mtcnn') throw new Error('MTCNN is not here');
  return withPublishedMtcnn(spec.detector.files, (cacheDir) => load({ ...spec, cacheDir }));
}

const mtcnn = await load(specOf({ ...MTCNN, EMBEDDER: 'mobilefacenet' }));
const yunet = await load(specOf({ DETECTOR: 'yunet', EMBEDDER: 'mobilefacenet' }));
const published = await loadPublished();

const timings = await sideBySide(
  [
    { name: 'from bytes to a name, MTCNN', run: mtcnn.recognise },
    { name: 'its networks alone', run: () => replay(mtcnn.runs) },
    { name: 'from bytes to a name, YuNet', run: yunet.recognise },
    { name: 'its networks alone', run: () => replay(yunet.runs) },
    { name: 'MTCNN and FaceNet as published alone', run: () => replay(published.runs) },
  ] as const,
  { rounds: 100, warmUp: 10 },
);
const [frame, own, frameYunet, , bare] = timings;
report('frame', timings, {
  ratio: frame.median / bare.median,
  ratioOwn: frame.median / own.median,
  ratioYunet: frameYunet.median / bare.median,
  ratioCpu: frame.cpu / bare.cpu,
  ratioOwnCpu: frame.cpu / own.cpu,
  ratioYunetCpu: frameYunet.cpu / bare.cpu,
});
