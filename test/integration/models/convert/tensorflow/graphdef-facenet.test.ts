import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertGraphDef } from '../../../../../src/models/convert/tensorflow/convert.js';
import type { Session } from '../../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import { FACENET, FACENET_GRAPHS, goldenFaces, goldenOfWaves, goldenWaves } from '../../../../helpers/golden.js';
import { summariseOnnx } from '../../../../helpers/onnx-reader.js';
import { hasShared, needsShared, sharedPath } from '../../../../helpers/shared.js';

/** float32 against a float64 reference, of values below 1: what the project promises. */
const TOLERANCE = 1e-4;

function largestError(data: Float32Array, expected: readonly number[]): number {
  expect(data.length).toBe(expected.length);
  return data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
}

describe.skipIf(!hasShared).each(FACENET_GRAPHS)(`the FaceNet graph %s${needsShared}`, (name, path, dimension) => {
  let onnx: Uint8Array;
  let session: Session;

  beforeAll(async () => {
    const converted = convertGraphDef(readFileSync(sharedPath(...path)), FACENET);
    expect(converted.dimension).toBe(dimension);
    onnx = converted.onnx;
    session = await createOnnxRuntime().load(onnx);
  });
  afterAll(() => session.dispose());

  it('gives the embeddings of the float64 reference', async () => {
    const { embeddings } = await session.run({ input: goldenWaves() });
    expect(embeddings.dims).toEqual([2, dimension]);
    expect(largestError(embeddings.data, goldenOfWaves(name))).toBeLessThanOrEqual(TOLERANCE);
  });

  it('has nothing left beside its layers but 21 residual sums and the final normalisation', () => {
    expect(summariseOnnx(onnx)).toEqual({
      inputs: { input: ['N', 160, 160, 3] },
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
    const golden = await goldenFaces();
    const { embeddings } = await session.run({ input: golden.faces });
    expect(largestError(embeddings.data, golden.embeddings)).toBeLessThanOrEqual(TOLERANCE);
  });
});
