import { NearestMatcher } from '../src/matching/nearest.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { report, sideBySide } from './support/harness.js';
import { recordingEngine, replay } from './support/recording.js';
import { oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * Overhead of recognising a webcam frame: a 640×480 JPEG with one face from bytes to a name (MTCNN from 40 px, FaceNet,
 * nearest example), relative to the bare runs of the same networks on the same tensors.
 *
 *   npx tsx bench/frame.ts
 */
const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
const pipeline = await loadPipeline(specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' }), {
  engine,
});
const jpeg = await oneFaceFrame();
const { faces } = await pipeline.run('analyse', { bytes: jpeg });
if (faces.length !== 1) throw new Error(`the frame shows ${faces.length} faces`);
const matcher = new NearestMatcher({ version: 1, people: () => [{ name: 'Ada', examples: [faces[0]] }] });
const runs = await engine.record(() => pipeline.run('analyse', { bytes: jpeg }));

const [frame, networks] = await sideBySide(
  [
    {
      name: 'from bytes to a name',
      run: async () => {
        const found = await pipeline.run('analyse', { bytes: jpeg });
        return matcher.match(found.faces, 1.1);
      },
    },
    { name: 'its networks alone', run: () => replay(runs) },
  ] as const,
  { rounds: 100, warmUp: 10 },
);
report('frame', [frame, networks], { ratio: frame.median / networks.median });
