import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../../src/shared/errors.js';
import { writeFloatMatrix } from '../../../../../src/shared/npy.js';
import { convertOnet, convertPnet, convertRnet } from '../../../../../src/models/convert/mtcnn/networks.js';
import { GraphEditor } from '../../../../../src/models/convert/onnx/graph-editor.js';
import type { Tensor } from '../../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import {
  referenceOnet,
  referencePnet,
  referenceRnet,
  type FeatureMap,
  type Layers,
} from '../../../../reference/mtcnn-networks.js';
import { ONET, PNET, randomLayers, randomNumbers, RNET, weightsFile } from '../../../../helpers/mtcnn-weights.js';
import { largestDifference } from '../../../../helpers/photo.js';
import {
  byteString,
  bytes,
  dict,
  globalName,
  int,
  objectNpy,
  pickle,
  tuple,
  unicode,
} from '../../../../helpers/pickle-writer.js';

/** Both sides compute the same sums of a few hundred terms of size 1: float32 against float64. */
const TOLERANCE = 2e-5;

/** A random picture: upright planes for our networks, and transposed for the reference. */
function picture(height: number, width: number, seed: number): { planes: Float32Array; transposed: FeatureMap } {
  const random = randomNumbers(seed);
  const planes = Float32Array.from({ length: 3 * height * width }, random);
  const values = new Float64Array(planes.length);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) values[(x * height + y) * 3 + c] = planes[(c * height + y) * width + x];
    }
  }
  return { planes, transposed: { height: width, width: height, channels: 3, values } };
}

async function run(model: Uint8Array, image: Tensor): Promise<Record<string, Tensor>> {
  const session = await createOnnxRuntime({ threads: 1 }).load(model);
  expect(session.inputs).toEqual(['image']);
  const outputs = await session.run({ image });
  await session.dispose();
  return outputs;
}

describe('importPnet', () => {
  it.each([
    ['fast', 12, 12, 1, 1],
    ['fast', 13, 12, 2, 1],
    ['fast', 19, 26, 5, 8],
    ['fast', 30, 17, 10, 4],
    ['published', 30, 17, 10, 4],
  ] as const)('computes what the original computes, %s, %i x %i', async (form, height, width, rows, columns) => {
    const layers = randomLayers(PNET, 1);
    const { planes, transposed } = picture(height, width, 2);
    const expected = referencePnet(transposed, layers);
    const { probability, regression } = await run(convertPnet(weightsFile(layers), form), {
      data: planes,
      dims: [1, 3, height, width],
    });
    expect(probability.dims).toEqual([1, 1, rows, columns]);
    expect(regression.dims).toEqual([1, 4, rows, columns]);
    const upright = <T>(pick: (position: number) => T): T[] =>
      Array.from({ length: rows * columns }, (_, i) => pick((i % columns) * rows + Math.floor(i / columns)));
    expect(
      largestDifference(
        probability.data,
        upright((i) => expected.probability[i]),
      ),
    ).toBeLessThan(TOLERANCE);
    const maps = [0, 1, 2, 3].flatMap((c) => upright((i) => expected.regression.values[4 * i + c]));
    expect(largestDifference(regression.data, maps)).toBeLessThan(TOLERANCE);
  });
});

describe.each([
  ['importRnet', convertRnet, RNET, 24, referenceRnet],
  ['importOnet', convertOnet, ONET, 48, referenceOnet],
] as const)('%s', (_, importNetwork, shapes, side, reference) => {
  it.each(['fast', 'published'] as const)('computes what the original computes, %s, for each crop', async (form) => {
    const layers = randomLayers(shapes, 3);
    const crops = [5, 6, 7].map((seed) => picture(side, side, seed));
    const data = new Float32Array(crops.flatMap(({ planes }) => [...planes]));
    const outputs = await run(importNetwork(weightsFile(layers), form), { data, dims: [3, 3, side, side] });
    const expected = crops.map(({ transposed }) => reference(transposed, layers));
    const names = Object.keys(expected[0]) as (keyof (typeof expected)[0])[];
    expect(Object.keys(outputs).sort()).toEqual([...names].sort());
    for (const name of names) {
      const values = expected.flatMap((crop) => [...crop[name]]);
      expect(outputs[name].dims).toEqual([3, values.length / 3]);
      expect(largestDifference(outputs[name].data, values)).toBeLessThan(TOLERANCE);
    }
  });
});

describe('the forms of a network', () => {
  it.each([
    ['P-Net', convertPnet, PNET, 3],
    ['R-Net', convertRnet, RNET, 4],
    ['O-Net', convertOnet, ONET, 5],
  ] as const)('%s has its PRelus in the published form', (_, convert, shapes, prelus) => {
    const file = weightsFile(randomLayers(shapes, 1));
    expect(prelusOf(convert(file, 'published'))).toBe(prelus);
    expect(prelusOf(convert(file))).toBeLessThan(2);
  });
});

function prelusOf(onnx: Uint8Array): number {
  return GraphEditor.open(onnx)!.nodes.filter(({ op_type }) => op_type === 'PRelu').length;
}

describe('files that are no MTCNN weights', () => {
  const prefix = 'det1.npy is not a usable MTCNN weights file: ';
  const layers = randomLayers(PNET, 1);
  const without = (name: string): Layers =>
    Object.fromEntries(Object.entries(layers).filter(([layer]) => layer !== name));
  const evil = pickle(bytes(globalName('posix', 'system'), tuple(byteString('id')), 'R'));
  const objectHeader = objectNpy(int(1)).subarray(0, 10 + objectNpy(int(1))[8]);

  it.each<[string, Uint8Array, string]>([
    ['nothing', bytes(), 'not a usable .npy file: it does not start like one'],
    ['a text', bytes('<!DOCTYPE html><title>404</title>'), 'not a usable .npy file: it does not start like one'],
    [
      'an array of numbers',
      writeFloatMatrix(new Float32Array(6), 2, 3),
      `${prefix}it holds an array, not a dictionary of layers`,
    ],
    ['another object', objectNpy(unicode('hello')), `${prefix}it has no dictionary of layers`],
    ['no layers', objectNpy(dict()), `${prefix}the layer conv1 is missing`],
    ['a layer too few', weightsFile(without('conv4-2')), `${prefix}the layer conv4-2 is missing`],
    ['a layer without parameters', weightsFile({ ...layers, PReLU1: {} }), `${prefix}the layer PReLU1 has no alpha`],
    [
      'the weights of R-Net',
      weightsFile(randomLayers(RNET, 1)),
      `${prefix}the weights of layer conv1 are (3, 3, 3, 28), not (3, 3, 3, 10)`,
    ],
    ['only its header', objectHeader, 'not a usable pickle: it is truncated'],
    ['a program', bytes(objectHeader, evil), 'not a usable pickle: it refers to posix.system, which is not allowed'],
  ])('%s', (_, file, message) => {
    expect(() => convertPnet(file)).toThrow(new RostroError('bad_model_file', message));
  });

  it('cut short anywhere', () => {
    const whole = weightsFile(layers);
    for (let length = 0; length < whole.length; length += 97) {
      expect(() => convertPnet(whole.subarray(0, length))).toThrow(
        /^not a usable \.npy file: |^not a usable pickle: it (is truncated|ends)/,
      );
    }
  });

  it('names the file that is wrong', () => {
    const pnet = weightsFile(layers);
    expect(() => convertRnet(pnet)).toThrow('det2.npy is not a usable MTCNN weights file');
    expect(() => convertOnet(pnet)).toThrow('det3.npy is not a usable MTCNN weights file');
  });
});
