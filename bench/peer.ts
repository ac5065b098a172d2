import type { PipelineSpec } from '../src/pipeline/spec.js';
import { loadPipeline } from '../src/pipeline/load.js';
import { decodeImage } from '../src/vision/decode.js';
import { faceApiModelDir, loadFaceApi } from '../test/helpers/face-api.js';
import type { Candidate } from './harness.js';

/** Ours over a JPEG, from bytes to embedded faces. */
export async function ourCandidate(name: string, spec: PipelineSpec, jpeg: Uint8Array): Promise<Candidate> {
  const pipeline = await loadPipeline(spec);
  expectOneFace(name, (await pipeline.analyse(jpeg)).faces.length);
  return { name, run: () => pipeline.analyse(jpeg) };
}

/** face-api itself over the same JPEG, decoded by the same decoder, on TensorFlow.js with its wasm backend. */
export async function faceApiCandidates(jpeg: Uint8Array): Promise<{ ssd: Candidate; tiny: Candidate }> {
  const { faceApi, tf } = await loadFaceApi();
  await faceApi.nets.tinyFaceDetector.loadFromDisk(faceApiModelDir);
  const candidate = async (name: string, options?: object): Promise<Candidate> => {
    const run = async () => {
      const { data, width, height } = await decodeImage(jpeg, { maxPixels: 1e7 });
      const tensor = tf.tensor3d(Int32Array.from(data), [height, width, 3], 'int32');
      const faces = await faceApi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceDescriptors();
      tensor.dispose();
      return faces;
    };
    expectOneFace(name, (await run()).length);
    return { name, run };
  };
  return {
    ssd: await candidate('face-api: SSD, landmarks, descriptor'),
    tiny: await candidate('face-api: Tiny detector, landmarks, descriptor', new faceApi.TinyFaceDetectorOptions()),
  };
}

function expectOneFace(name: string, found: number): void {
  if (found !== 1) throw new Error(`${name} finds ${found} faces in a frame that shows one`);
}
