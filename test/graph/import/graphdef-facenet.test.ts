import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importGraphDef } from '../../../src/graph/import/graphdef.js';
import type { Session } from '../../../src/runtime/engine.js';
import { createOnnxRuntime } from '../../../src/runtime/onnxruntime.js';
import { summariseOnnx } from '../../helpers/onnx-reader.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const SIZE_PX = 160;
const FACENET = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: SIZE_PX };
const FULL_GRAPH = ['models', 'model', '20180402-114759', '20180402-114759.pb'];
/** float32 against a float64 reference, of values below 1: what the project promises. */
const TOLERANCE = 1e-4;

/** x[n, y, x, c] of the golden files: sin(0.05 x + 0.11 y + c) and cos(0.07 x - 0.03 y + 2 c). */
function goldenInput(): Float32Array {
  const wave = (n: number, y: number, x: number, c: number): number =>
    n === 0 ? Math.sin(0.05 * x + 0.11 * y + c) : Math.cos(0.07 * x - 0.03 * y + 2 * c);
  return Float32Array.from({ length: 2 * SIZE_PX * SIZE_PX * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return wave(Math.floor(pixel / SIZE_PX ** 2), Math.floor(pixel / SIZE_PX) % SIZE_PX, pixel % SIZE_PX, i % 3);
  });
}

function largestError(data: Float32Array, golden: readonly (readonly number[])[]): number {
  const expected = golden.flat();
  expect(data.length).toBe(expected.length);
  return data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
}

function goldenEmbeddings(...path: string[]): number[][] {
  return (JSON.parse(readFileSync(sharedPath('golden', ...path), 'utf8')) as { embeddings: number[][] }).embeddings;
}

describe.skipIf(!hasShared).each([
  ['tiny-unfused', ['golden', 'graphs', 'tiny-unfused.pb'], 128],
  ['tiny-fused', ['golden', 'graphs', 'tiny-fused.pb'], 64],
  ['20180402-114759', FULL_GRAPH, 512],
])(`the FaceNet graph %s${needsShared}`, (name, path, dimension) => {
  let onnx: Uint8Array;
  let session: Session;

  beforeAll(async () => {
    const converted = importGraphDef(readFileSync(sharedPath(...path)), FACENET);
    expect(converted.dimension).toBe(dimension);
    onnx = converted.onnx;
    session = await createOnnxRuntime().load(onnx);
  });
  afterAll(() => session.dispose());

  it('gives the embeddings of the float64 reference', async () => {
    const { embeddings } = await session.run({ input: { data: goldenInput(), dims: [2, SIZE_PX, SIZE_PX, 3] } });
    expect(embeddings.dims).toEqual([2, dimension]);
    expect(largestError(embeddings.data, goldenEmbeddings('graphs', `${name}.json`))).toBeLessThanOrEqual(TOLERANCE);
  });

  it('has nothing left beside its layers but 21 residual sums and the final normalisation', () => {
    expect(summariseOnnx(onnx)).toEqual({
      inputs: { input: ['N', SIZE_PX, SIZE_PX, 3] },
      outputs: { embeddings: ['N', dimension] },
      operators: {
        Transpose: 1,
        Conv: 132,
        Relu: 131,
        Concat: 23,
        Add: 21,
        MaxPool: 3,
        AveragePool: 1,
        Reshape: 1,
        Gemm: 1,
        Mul: 2,
        ReduceSum: 1,
        Max: 1,
        Sqrt: 1,
        Reciprocal: 1,
        Identity: 1,
      },
    });
  });

  if (name !== '20180402-114759') return;

  it('knows the faces of the published test images', async () => {
    const golden = JSON.parse(readFileSync(sharedPath('golden', 'facenet-20180402-114759.json'), 'utf8')) as {
      names: string[];
      embeddings: number[][];
    };
    const data = new Float32Array(golden.names.length * SIZE_PX * SIZE_PX * 3);
    for (const [i, person] of golden.names.entries()) {
      // Two of the pictures carry a colour profile, which the reference ignores.
      const picture = sharp(sharedPath('golden', 'facenet-aligned', `${person}.png`), { ignoreIcc: true });
      const pixels = await picture.removeAlpha().raw().toBuffer();
      const standardised = Float32Array.from(pixels, (value) => (value - 127.5) / 128);
      data.set(standardised, i * SIZE_PX * SIZE_PX * 3);
    }
    const { embeddings } = await session.run({ input: { data, dims: [golden.names.length, SIZE_PX, SIZE_PX, 3] } });
    expect(largestError(embeddings.data, golden.embeddings)).toBeLessThanOrEqual(TOLERANCE);
  });
});
