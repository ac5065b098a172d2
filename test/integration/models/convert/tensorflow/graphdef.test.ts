import { describe, expect, it } from 'vitest';
import { convertGraphDef } from '../../../../../src/models/convert/tensorflow/convert.js';
import { graphDef, ints, node } from '../../../../helpers/graphdef-writer.js';
import { summariseOnnx } from '../../../../helpers/onnx-reader.js';
import { FEEDS, imagePlaceholder, runGraph } from '../../../../helpers/run-graphdef.js';

const flatten = [ints('flat', [-1, 3]), node('embeddings', 'Reshape', ['y', 'flat'])];
const convert = (nodes: readonly Uint8Array[]): ReturnType<typeof convertGraphDef> =>
  convertGraphDef(graphDef(nodes), { ...FEEDS, inputSizePx: 1 });

describe('the converted model', () => {
  it('is fed NHWC under the names of the file, with the batch left free', () => {
    const { onnx, dimension } = convert([imagePlaceholder, node('y', 'Relu', ['input']), ...flatten]);
    expect(dimension).toBe(3);
    expect(summariseOnnx(onnx)).toMatchObject({
      inputs: { input: ['N', 1, 1, 3] },
      outputs: { embeddings: ['N', 3] },
    });
  });

  it('is cut at its input: the queue of training images behind it is dropped', async () => {
    const nodes = [
      node('queue', 'FIFOQueueV2'),
      node('batch_join', 'QueueDequeueUpToV2', ['queue', 'batch_size'], {}),
      node('image_batch', 'Identity', ['batch_join']),
      node('input', 'Identity', ['image_batch']),
      node('y', 'Relu', ['input']),
      ...flatten,
    ];
    const { data } = await runGraph(nodes, Float32Array.of(1, -1, 2), 1);
    expect(data).toEqual([1, 0, 2]);
  });

  it('leaves out a dropout whose branch is for training only', async () => {
    const nodes = [
      imagePlaceholder,
      node('phase_train', 'Placeholder'),
      node('switch', 'Switch', ['input', 'phase_train']),
      node('shape', 'Shape', ['switch:1']),
      node('noise', 'RandomUniform', ['shape']),
      node('dropped', 'Mul', ['switch:1', 'noise']),
      node('kept', 'Identity', ['switch']),
      node('y', 'Merge', ['kept', 'dropped']),
      ...flatten,
    ];
    const { data } = await runGraph(nodes, Float32Array.of(1, -1, 2), 1);
    expect(data).toEqual([1, -1, 2]);
    expect(summariseOnnx(convert(nodes).onnx).operators).toEqual({ Transpose: 1, Reshape: 1, Identity: 1 });
  });

  it('survives a chain of any length', () => {
    const relus = Array.from({ length: 20_000 }, (_, i) => node(`r${i + 1}`, 'Relu', [`r${i}`]));
    const nodes = [node('r0', 'Identity', ['input']), ...relus, node('y', 'Identity', ['r20000'])];
    expect(summariseOnnx(convert([imagePlaceholder, ...nodes, ...flatten]).onnx).operators.Relu).toBe(20_000);
  });
});
