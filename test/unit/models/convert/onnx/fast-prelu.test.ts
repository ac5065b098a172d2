import { describe, expect, it } from 'vitest';
import { withFastPrelu } from '../../../../../src/models/convert/onnx/fast-prelu.js';
import { decodeOnnx } from '../../../../../src/models/convert/onnx/onnx-reader.js';
import { modelProto } from '../../../../../src/models/convert/onnx/onnx.js';
import { PreluNetwork } from '../../../../helpers/prelu-network.js';

/** Conv to 13 channels, PRelu, depthwise Conv, PRelu, Conv to 32, as in MiniFASNet. */
function inverted(channels = 13): Uint8Array {
  const network = new PreluNetwork(1);
  const wide = network.prelu(network.conv('x', 3, channels), [channels, 1, 1]);
  const seen = network.prelu(network.depthwise(wide, channels), [channels, 1, 1]);
  network.output(network.conv(seen, channels, 32));
  return network.finish(3);
}

/** Operators and the first dimension of the weights, in order. */
function layersOf(model: Uint8Array): string[] {
  const { nodes, initializers } = decodeOnnx(model);
  const dims = new Map(initializers.map((weight) => [weight.name, weight.dims]));
  return nodes.map(({ op, inputs }) => [op, ...(dims.get(inputs[1]) ?? [])].join(' '));
}

describe('withFastPrelu', () => {
  it('writes PRelu after convolutions as convolutions, with channels in whole blocks of 16', () => {
    const prelu = ['Conv 16 1 1 1', 'Relu', 'Conv 16 1 1 1', 'Add'];
    const expected = ['Conv 16 3 1 1', ...prelu, 'Conv 16 1 3 3', ...prelu, 'Conv 32 16 1 1'];
    expect(layersOf(withFastPrelu(inverted()))).toEqual(expected);
  });

  it('negates, and scales what was negative by 1 - slope', () => {
    const network = new PreluNetwork(1);
    network.output(network.prelu(network.conv('x', 3, 4), [4, 1, 1], [0.25, -1, 0, 2]));
    const { nodes, initializers } = decodeOnnx(withFastPrelu(network.finish(3)));
    const factors = nodes.slice(1).flatMap(({ inputs }) => initializers.filter(({ name }) => inputs.includes(name)));
    expect(factors.map(({ data }) => [...data])).toEqual([
      [-1, -1, -1, -1],
      [0.75, 2, 1, -1],
    ]);
  });

  it.each([
    [16, 16],
    [8, 16],
    [7, 7],
    [31, 32],
  ])('makes %i channels %i: whole blocks, unless they would more than double', (channels, padded) => {
    expect(layersOf(withFastPrelu(inverted(channels)))[0]).toBe(`Conv ${padded} 3 1 1`);
  });

  it('leaves channels that the caller or another layer sees', () => {
    const seen = new PreluNetwork(1);
    const map = seen.prelu(seen.conv('x', 3, 13), [13, 1, 1]);
    seen.output(seen.conv(map, 13, 16));
    seen.output(map);
    expect(layersOf(withFastPrelu(seen.finish(3)))[0]).toBe('Conv 13 3 1 1');

    const flat = new PreluNetwork(1);
    const vector = flat.node('Flatten', [flat.prelu(flat.conv('x', 3, 13), [13, 1, 1])]);
    flat.output(vector);
    expect(layersOf(withFastPrelu(flat.finish(3)))[0]).toBe('Conv 13 3 1 1');
  });

  it('leaves PRelus of vectors, with a slope for each value, with computed slopes, and of the input', () => {
    const network = new PreluNetwork(1);
    const map = network.conv('x', 3, 4);
    network.output(network.prelu(map, [4, 9, 7]));
    network.output(network.prelu(map, [7]));
    network.output(network.node('PRelu', [map, network.conv('x', 3, 4)]));
    network.output(network.prelu('x', [3, 1, 1]));
    network.output(network.prelu(network.node('Flatten', [map]), [252]));
    const model = network.finish(3);
    expect(withFastPrelu(model)).toBe(model);
  });

  it('adds a weight once that several layers share', () => {
    const network = new PreluNetwork(1);
    const shared = network.weight([13, 13, 1, 1]);
    let map = network.prelu(network.conv('x', 3, 13), [13, 1, 1]);
    for (let i = 0; i < 3; i++) map = network.prelu(network.node('Conv', [map, shared]), [13, 1, 1]);
    network.output(network.conv(map, 13, 4));
    const { nodes, initializers } = decodeOnnx(withFastPrelu(network.finish(3)));
    expect(initializers.filter(({ dims }) => dims[1] === 16 && dims[0] === 16)).toHaveLength(1);
    expect(new Set(nodes.flatMap(({ inputs }) => inputs).filter((name) => name.startsWith('minus-ones'))).size).toBe(1);
  });

  it('takes one slope for all channels', () => {
    const network = new PreluNetwork(1);
    network.output(network.prelu(network.conv('x', 3, 4), [1], [0.5]));
    expect(layersOf(withFastPrelu(network.finish(3)))).toContain('Conv 4 1 1 1');
  });

  it('returns what it cannot read, or has nothing to do with, as it is', () => {
    const network = new PreluNetwork(1);
    network.output(network.conv('x', 3, 4));
    for (const bytes of [new Uint8Array(), Buffer.from('PRelu, but no model'), inverted().subarray(0, 300)])
      expect(withFastPrelu(bytes)).toBe(bytes);
    const circle = new PreluNetwork(1);
    circle.node('BatchNormalization', ['PRelu_1']);
    circle.prelu('BatchNormalization_0', [4, 1, 1]);
    circle.node('MaxPool', ['MaxPool_2']);
    circle.output(circle.prelu('MaxPool_2', [4, 1, 1]));
    const endless = circle.finish(3);
    expect(withFastPrelu(endless)).toBe(endless);
    const without = network.finish(3);
    expect(withFastPrelu(without)).toBe(without);
  });

  it('keeps opset, metadata and fields that it does not know', () => {
    const model = modelProto().toObject(modelProto().decode(inverted())) as Record<string, unknown>;
    const changed = modelProto()
      .encode(modelProto().fromObject({ ...model, opset_import: [{ version: 21 }] }))
      .finish();
    // ModelProto.doc_string is field 6, a string: tag 6 << 3 | 2.
    const documented = Buffer.concat([changed, Buffer.from([0x32, 5]), Buffer.from('hello')]);
    const fast = withFastPrelu(documented);
    const { opset_import } = modelProto().toObject(modelProto().decode(fast), { longs: Number }) as Record<
      string,
      unknown
    >;
    expect(opset_import).toEqual([expect.objectContaining({ version: 21 })]);
    expect(Buffer.from(fast).includes(Buffer.from('\x32\x05hello', 'latin1'))).toBe(true);
  });

  it('does not take weights of another file, or operators of other domains', () => {
    const graph = (change: (graph: Record<string, Record<string, unknown>[]>) => void) => {
      const model = modelProto().toObject(modelProto().decode(inverted()), { arrays: true }) as Record<string, unknown>;
      change(model.graph as Record<string, Record<string, unknown>[]>);
      return modelProto().encode(modelProto().fromObject(model)).finish();
    };
    const apart = graph(({ initializer }) => Object.assign(initializer[0], { data_location: 1 }));
    const foreign = graph(({ node }) => node.forEach((each) => Object.assign(each, { domain: 'com.example' })));
    expect(withFastPrelu(apart)).toBe(apart);
    expect(withFastPrelu(foreign)).toBe(foreign);
  });
});
