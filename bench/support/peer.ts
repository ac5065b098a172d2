import { loadPipeline } from '../../src/faces/pipeline/load.js';
import { decodeImage } from '../../src/faces/image/decode.js';
import { faceApiModelDir, loadFaceApi } from '../../test/helpers/face-api.js';
import { oneFaceFrame, specOf } from './setting.js';

type Find = (jpeg: Uint8Array) => Promise<readonly unknown[]>;

/** A candidate of `peer-process.ts`: from the bytes of a JPEG to its embedded faces. */
const PEERS = {
  'ours: MTCNN from 20 px, MobileFaceNet': () => ourFind('20'),
  'ours: MTCNN from 40 px, MobileFaceNet': () => ourFind('40'),
  'face-api: SSD, landmarks, descriptor': () => faceApiFind('ssd'),
  'face-api: Tiny detector, landmarks, descriptor': () => faceApiFind('tiny'),
};

export type PeerName = keyof typeof PEERS;

/** @returns one run with a 640×480 JPEG of one face */
export async function loadPeer(name: PeerName): Promise<() => Promise<void>> {
  const [find, jpeg] = await Promise.all([PEERS[name](), oneFaceFrame()]);
  return async () => {
    const found = (await find(jpeg)).length;
    if (found !== 1) throw new Error(`${name} finds ${found} faces in a frame that shows one`);
  };
}

async function ourFind(minFacePx: string): Promise<Find> {
  const settings = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', DETECT_MIN_FACE_PX: minFacePx };
  const pipeline = await loadPipeline(specOf(settings));
  return async (jpeg) => (await pipeline.run('analyse', { bytes: jpeg })).faces;
}

/** face-api on TensorFlow.js with its wasm backend, with pixels from the same decoder. */
async function faceApiFind(detector: 'ssd' | 'tiny'): Promise<Find> {
  const { faceApi, tf } = await loadFaceApi();
  if (detector === 'tiny') await faceApi.nets.tinyFaceDetector.loadFromDisk(faceApiModelDir);
  const options = detector === 'tiny' ? new faceApi.TinyFaceDetectorOptions() : undefined;
  return async (jpeg) => {
    const { data, width, height } = await decodeImage(jpeg, { maxPixels: 1e7 });
    const tensor = tf.tensor3d(Int32Array.from(data), [height, width, 3], 'int32');
    const faces = await faceApi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceDescriptors();
    tensor.dispose();
    return faces;
  };
}
