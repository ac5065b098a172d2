import { describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import { BYTE_INPUT, withByteInput } from '../../../../../src/models/convert/onnx/byte-input.js';
import { GraphBuilder } from '../../../../../src/models/convert/onnx/graph-builder.js';
import { randomNumbers } from '../../../../helpers/mtcnn-weights.js';
import { largestDifference } from '../../../../helpers/photo.js';

const engine = createOnnxRuntime({ threads: 1 });

/** A convolution of five filters, 3 × 2, and what else `add` makes of its input. */
function network(channels: number, group = 1, add?: (graph: GraphBuilder) => void): Uint8Array {
  const random = randomNumbers(channels + group);
  const weights = (length: number) => Float32Array.from({ length }, random);
  const graph = new GraphBuilder('convolution');
  graph.input('input', ['batch', channels, 'height', 'width']);
  const inputs = [
    graph.weight('filters', [3 * group, channels / group, 3, 2], weights(18 * channels)),
    graph.weight('biases', [3 * group], weights(3 * group)),
  ];
  graph.output('output', graph.node('Conv', ['input', ...inputs], { group: { int: group } }), [1, 3 * group, 'h', 'w']);
  add?.(graph);
  return graph.finish();
}

describe('a network that is fed with bytes', () => {
  it.each([
    [8, 6],
    [7, 5],
    [3, 2],
  ])('computes from R G B bytes of %i × %i what it computes from B G R planes', async (height, width) => {
    const random = randomNumbers(height);
    const data = Uint8Array.from({ length: 3 * width * height }, () => 127.5 + 127.5 * random());
    const planes = Float32Array.from([2, 1, 0].flatMap((c) => [...data].filter((_, i) => i % 3 === c)));
    const [plain, fed] = await Promise.all([engine.load(network(3)), engine.load(withByteInput(network(3), 'input')!)]);
    const expected = (await plain.run({ input: { data: planes, dims: [1, 3, height, width] } })).output;
    const found = (await fed.run({ [BYTE_INPUT]: { data, dims: [1, height, width, 3] } })).output;
    expect(found.dims).toEqual(expected.dims);
    expect(largestDifference(found.data, expected.data)).toBeLessThan(1e-3);
    await Promise.all([plain.dispose(), fed.dispose()]);
  });

  it.each([
    ['has four channels', network(4)],
    ['looks at each channel by itself', network(3, 3)],
    [
      'reads the picture twice',
      network(3, 1, (graph) => {
        graph.output('half', graph.node('Relu', ['input']), ['batch', 3, 'height', 'width']);
      }),
    ],
    ['is none', Uint8Array.of(1, 2, 3)],
  ])('is not made of one that %s', (_, model) => {
    expect(withByteInput(model, 'input')).toBeNull();
  });

  it('is not made of one without the input', () => {
    expect(withByteInput(network(3), 'picture')).toBeNull();
  });
});
