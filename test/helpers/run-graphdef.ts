import { RostroError } from '../../src/shared/errors.js';
import { convertGraphDef } from '../../src/models/convert/tensorflow/convert.js';
import { createOnnxRuntime } from '../../src/engine/onnxruntime.js';
import { graphDef, ints, node } from './graphdef-writer.js';

export const FEEDS = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings' };

export const imagePlaceholder = node('input', 'Placeholder');

/** Imports a graph fed at `input` and runs it; `images` holds whole images of 3 channels, NHWC. */
export async function runGraph(
  nodes: readonly Uint8Array[],
  images: Float32Array,
  inputSizePx: number,
): Promise<{ data: number[]; dims: readonly number[] }> {
  const { onnx } = convertGraphDef(graphDef(nodes), { ...FEEDS, inputSizePx });
  const session = await createOnnxRuntime({ threads: 1 }).load(onnx);
  try {
    const batch = images.length / (inputSizePx * inputSizePx * 3);
    const { embeddings } = await session.run({
      input: { data: images, dims: [batch, inputSizePx, inputSizePx, 3] },
    });
    return { data: Array.from(embeddings.data), dims: embeddings.dims };
  } finally {
    await session.dispose();
  }
}

/** Runs nodes that turn `x`, vectors of three values, into `y`. */
export function runOnVectors(
  nodes: readonly Uint8Array[],
  vectors: readonly number[],
): Promise<{ data: number[]; dims: readonly number[] }> {
  const before = [imagePlaceholder, ints('x/shape', [-1, 3]), node('x', 'Reshape', ['input', 'x/shape'])];
  return runGraph([...before, ...nodes, node('embeddings', 'Identity', ['y'])], Float32Array.from(vectors), 1);
}

/**
 * Runs nodes that turn `input`, images of `sizePx` by `sizePx` with `pixel(y, x, channel)` in them, into `y`.
 * @returns the values of `y` in TensorFlow's order: rows, columns, channels
 */
export async function runOnImage(
  nodes: readonly Uint8Array[],
  sizePx: number,
  valuesOut: number,
  pixel: (y: number, x: number, channel: number) => number,
): Promise<number[]> {
  const image = Float32Array.from({ length: sizePx * sizePx * 3 }, (_, i) =>
    pixel(Math.floor(i / 3 / sizePx), Math.floor(i / 3) % sizePx, i % 3),
  );
  const flatten = [ints('flat', [-1, valuesOut]), node('embeddings', 'Reshape', ['y', 'flat'])];
  const { data, dims } = await runGraph([imagePlaceholder, ...nodes, ...flatten], image, sizePx);
  if (dims[0] !== 1 || dims[1] !== valuesOut) throw new Error(`the output is [${dims.join(', ')}]`);
  return data;
}

/** How the import of a graph fed with images of one pixel fails. */
export function importFailure(nodes: readonly Uint8Array[]): { code: string; message: string; details?: unknown } {
  try {
    convertGraphDef(graphDef(nodes), { ...FEEDS, inputSizePx: 1 });
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    const { code, message, details } = error;
    return details === undefined ? { code, message } : { code, message, details };
  }
  throw new Error('the graph was converted');
}
