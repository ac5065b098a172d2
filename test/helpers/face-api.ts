import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';

/** The little of TensorFlow.js and face-api that the tests call; face-api's own types need the whole of TensorFlow.js. */
export interface TfTensor {
  readonly shape: number[];
  dataSync(): Float32Array;
  dispose(): void;
}
export interface Tf {
  readonly Tensor: { prototype: Record<string, unknown> };
  readonly io: { decodeWeights(data: ArrayBuffer, specs: unknown): Record<string, TfTensor> };
  readonly image: {
    resizeBilinear(image: TfTensor, size: [number, number], alignCorners: boolean, halfPixel: boolean): TfTensor;
  };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  tensor3d(data: Float32Array | Int32Array, shape: [number, number, number], dtype?: string): TfTensor;
}
interface PeerBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface PeerPoint {
  readonly x: number;
  readonly y: number;
}
interface PeerLandmarks {
  readonly positions: PeerPoint[];
  align(box: null, options: { useDlibAlignment: true }): PeerBox;
}
export interface PeerFace {
  readonly detection: { readonly score: number; readonly box: PeerBox };
  readonly landmarks: PeerLandmarks;
  readonly descriptor: Float32Array;
}
export interface PeerGuesses {
  readonly detection: PeerFace['detection'];
  readonly age: number;
  readonly gender: 'male' | 'female';
  readonly genderProbability: number;
  readonly expressions: Readonly<Record<string, number>>;
}
type NetInput = object;
type PeerOptions = object;
interface PeerNet {
  loadFromDisk(folder: string): Promise<void>;
}
export interface FaceApi {
  readonly nets: {
    readonly ssdMobilenetv1: PeerNet & { forwardInput(input: NetInput): { boxes: TfTensor[]; scores: TfTensor[] } };
    readonly faceLandmark68Net: PeerNet & { runNet(input: NetInput): TfTensor };
    readonly faceRecognitionNet: PeerNet & { forwardInput(input: NetInput): TfTensor };
    readonly tinyFaceDetector: PeerNet;
    readonly faceExpressionNet: PeerNet & { forwardInput(input: NetInput): TfTensor };
    readonly ageGenderNet: PeerNet & { forwardInput(input: NetInput): { age: TfTensor; gender: TfTensor } };
  };
  readonly TinyFaceDetectorOptions: new () => PeerOptions;
  readonly Box: new (box: PeerBox) => { clipAtImageBorders(width: number, height: number): PeerBox };
  readonly Point: new (x: number, y: number) => PeerPoint;
  readonly FaceLandmarks68: new (
    relative: PeerPoint[],
    size: { width: number; height: number },
    shift: PeerPoint,
  ) => PeerLandmarks;
  toNetInput(tensor: TfTensor): Promise<NetInput>;
  /** @param options of a detector other than SSD */
  detectAllFaces(
    image: TfTensor,
    options?: PeerOptions,
  ): {
    withFaceLandmarks(): { withFaceDescriptors(): Promise<PeerFace[]> };
    withFaceExpressions(): { withAgeAndGender(): Promise<PeerGuesses[]> };
  };
}

const require = createRequire(import.meta.url);
const packageDir = dirname(require.resolve('@vladmandic/face-api/package.json'));

/** The weights that come with the package. */
export const faceApiModelDir = join(packageDir, 'model');

/** TensorFlow.js with the WebAssembly backend. */
export async function loadTf(): Promise<Tf> {
  const tf = require('@tensorflow/tfjs-core') as Tf;
  require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

/**
 * face-api itself, its networks loaded, on the WebAssembly backend. Its build for Node.js asks for the union
 * package @tensorflow/tfjs; it gets tfjs-core with those methods of tensors that the union package adds and it calls.
 */
export async function loadFaceApi(): Promise<{ faceApi: FaceApi; tf: Tf }> {
  const tf = await loadTf();
  addChainedMethods(tf);
  const file = join(packageDir, 'dist', 'face-api.node-wasm.js');
  const module = { exports: {} };
  const run = compileFunction(readFileSync(file, 'utf8'), ['require', 'module', 'exports'], { filename: file });
  const requireForFaceApi = (name: string): unknown => (name === '@tensorflow/tfjs' ? tf : require(name));
  Reflect.apply(run, undefined, [requireForFaceApi, module, module.exports]);

  const faceApi = module.exports as FaceApi;
  const { ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet, faceExpressionNet, ageGenderNet } = faceApi.nets;
  for (const net of [ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet, faceExpressionNet, ageGenderNet]) {
    await net.loadFromDisk(faceApiModelDir);
  }
  return { faceApi, tf };
}

function addChainedMethods(tf: Tf): void {
  const operations = tf as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ['add', 'sub', 'mul', 'div', 'mean', 'expandDims', 'reshape', 'slice']) {
    tf.Tensor.prototype[name] = function (this: TfTensor, ...args: unknown[]) {
      return operations[name](this, ...args);
    };
  }
  tf.Tensor.prototype.as1D = function (this: TfTensor) {
    return tf.reshape(this, [-1]);
  };
  for (const name of ['as2D', 'as3D', 'as4D']) {
    tf.Tensor.prototype[name] = function (this: TfTensor, ...shape: number[]) {
      return tf.reshape(this, shape);
    };
  }
}
