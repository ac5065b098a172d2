import { loadPipeline } from '../src/faces/pipeline/load.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { createEngine as createTensorFlowJs } from '../src/plugins/tensorflow/engine.js';
import { report, sideBySide } from './support/harness.js';
import { recordingEngine, replay } from './support/recording.js';
import { oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * TensorFlow.js relative to ONNX Runtime: a 640×480 JPEG with one face from bytes to its embedding (MTCNN from 40 px,
 * FaceNet), and FaceNet alone on that face.
 *
 *   npx tsx bench/engines.ts
 */
const spec = specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' });
const jpeg = await oneFaceFrame();

async function candidatesOf(name: string, engine: ReturnType<typeof recordingEngine>) {
  const pipeline = await loadPipeline(spec, { engine });
  const runs = await engine.record(() => pipeline.run('analyse', { bytes: jpeg }));
  const facenet = runs.filter(({ session }) => session.outputs.includes('embeddings'));
  if (facenet.length !== 1) throw new Error(`the frame is embedded ${facenet.length} times`);
  return [
    { name: `${name}, frame`, run: () => pipeline.run('analyse', { bytes: jpeg }) },
    { name: `${name}, FaceNet`, run: () => replay(facenet) },
  ] as const;
}

const tfjs = await createTensorFlowJs();
const [tfjsFrame, tfjsFacenet] = await candidatesOf(`tensorflow.js (${tfjs.provider})`, recordingEngine(tfjs));
const onnxRuntime = recordingEngine(createOnnxRuntime({ threads: THREADS }));
const [onnxFrame, onnxFacenet] = await candidatesOf(`onnxruntime (${THREADS} threads)`, onnxRuntime);
const oneThread = recordingEngine(createOnnxRuntime({ threads: 1 }));
const [oneFrame, oneFacenet] = await candidatesOf('onnxruntime (1 thread)', oneThread);

const timings = await sideBySide([tfjsFrame, onnxFrame, oneFrame, tfjsFacenet, onnxFacenet, oneFacenet] as const, {
  rounds: 30,
  warmUp: 3,
});
const [frame, frameOnnx, frameOne, facenet, facenetOnnx, facenetOne] = timings.map(({ median }) => median);
report('engines', timings, {
  ratio: frame / frameOnnx,
  ratioOneThread: frame / frameOne,
  ratioFacenet: facenet / facenetOnnx,
  ratioFacenetOneThread: facenet / facenetOne,
});
