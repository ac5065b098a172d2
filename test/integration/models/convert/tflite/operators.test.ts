import { describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import { convertTflite } from '../../../../../src/models/convert/tflite/convert.js';
import { randomTensor } from '../../../../helpers/engines.js';
import { type Fields, tfliteFile, type TestOperator, type TestTensor } from '../../../../helpers/tflite-writer.js';

/** The network computes in float32, this file in float64. */
const TOLERANCE = 1e-5;
const engine = createOnnxRuntime({ threads: 1 });

/** One image, height × width × channels, or a vector with height and width 1. */
interface Image {
  readonly size: readonly [height: number, width: number, channels: number];
  readonly at: (y: number, x: number, c: number) => number;
}

interface Case {
  readonly name: string;
  readonly size?: readonly [number, number, number];
  readonly constants?: readonly TestTensor[];
  /** From `input` to `result`; other names are values in between, as large as the input. */
  readonly operators: readonly TestOperator[];
  /** The plain computation. */
  readonly expected: (input: Image) => Image;
}

const INPUT = [5, 6, 3] as const;
/** Schema.fbs, `enum BuiltinOperator`. */
const CODE = {
  ADD: 0,
  AVERAGE_POOL_2D: 1,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RELU6: 21,
  RESHAPE: 22,
  SOFTMAX: 25,
  SUB: 41,
  PRELU: 54,
  NEG: 59,
  ABS: 101,
} as const;
const op = (
  code: keyof typeof CODE,
  inputs: readonly string[],
  options: Fields = [],
  output = 'result',
): TestOperator => ({
  code: CODE[code],
  inputs,
  output,
  options,
});
const byte = (value: number) => ({ byte: value });
const int = (value: number) => ({ int: value });
const [SAME, VALID] = [byte(0), byte(1)];
const [RELU, RELU6] = [byte(1), byte(3)];

/** Values of −1..1 that do not repeat within a test. */
function weights(name: string, ...dims: number[]): TestTensor & { values: readonly number[] } {
  return { name, dims, values: [...randomTensor(dims, name.length + dims.length).data] };
}

const image = (size: Image['size'], at: Image['at']): Image => ({ size, at });
const mapped = ({ size, at }: Image, change: (value: number, c: number) => number): Image =>
  image(size, (y, x, c) => change(at(y, x, c), c));
const relu = (value: number) => Math.max(0, value);
const relu6 = (value: number) => Math.min(6, relu(value));

interface Sliding {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly same: boolean;
}

/** Pixels under a kernel, null beyond the image; positions and padding as TensorFlow documents `SAME` and `VALID`. */
function slide(
  { size: [height, width] }: Image,
  { kernel, strides = [1, 1], dilations = [1, 1], same }: Sliding,
  channels: number,
  compute: (pixels: readonly (readonly [y: number, x: number] | null)[], c: number) => number,
): Image {
  const axes = [height, width].map((length, axis) => {
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const count = same ? Math.ceil(length / strides[axis]) : Math.ceil((length - reach + 1) / strides[axis]);
    const padding = same ? Math.max(0, (count - 1) * strides[axis] + reach - length) : 0;
    return { count, before: Math.floor(padding / 2) };
  });
  return image([axes[0].count, axes[1].count, channels], (oy, ox, c) => {
    const pixels = Array.from({ length: kernel[0] * kernel[1] }, (_, i): readonly [number, number] | null => {
      const y = oy * strides[0] - axes[0].before + Math.floor(i / kernel[1]) * dilations[0];
      const x = ox * strides[1] - axes[1].before + (i % kernel[1]) * dilations[1];
      return y < 0 || x < 0 || y >= height || x >= width ? null : [y, x];
    });
    return compute(pixels, c);
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function convolved(
  input: Image,
  kernels: TestTensor,
  bias: TestTensor | null,
  sliding: Omit<Sliding, 'kernel'>,
): Image {
  const [out, height, width, channels] = kernels.dims;
  return slide(input, { ...sliding, kernel: [height, width] }, out, (pixels, o) => {
    const terms = pixels.flatMap((pixel, p) =>
      pixel === null
        ? []
        : Array.from({ length: channels }, (_, c) => {
            return input.at(...pixel, c) * kernels.values![(o * height * width + p) * channels + c];
          }),
    );
    return sum(terms) + (bias?.values![o] ?? 0);
  });
}

function depthwise(input: Image, kernels: TestTensor, bias: TestTensor, sliding: Omit<Sliding, 'kernel'>): Image {
  const [, height, width, out] = kernels.dims;
  const multiplier = out / input.size[2];
  return slide(input, { ...sliding, kernel: [height, width] }, out, (pixels, o) => {
    const terms = pixels.map((pixel, p) =>
      pixel === null ? 0 : input.at(...pixel, Math.floor(o / multiplier)) * kernels.values![p * out + o],
    );
    return sum(terms) + bias.values![o];
  });
}

function pooled(input: Image, sliding: Sliding, combine: (values: readonly number[]) => number): Image {
  return slide(input, sliding, input.size[2], (pixels, c) =>
    combine(pixels.filter((pixel) => pixel !== null).map((pixel) => input.at(...pixel, c))),
  );
}

/** As one vector, in the order of the pixels. */
function flat(input: Image): Image {
  const values = valuesOf(input);
  return image([1, 1, values.length], (_y, _x, c) => values[c]);
}

function dense(input: Image, { dims: [out, from], values }: TestTensor, bias: TestTensor): Image {
  const flattened = flat(input);
  return image([1, 1, out], (_y, _x, o) => {
    const terms = Array.from({ length: from }, (_, i) => flattened.at(0, 0, i) * values![o * from + i]);
    return sum(terms) + bias.values![o];
  });
}

function softmax(input: Image): Image {
  const values = valuesOf(input).map(Math.exp);
  return mapped(input, (value) => Math.exp(value) / sum(values));
}

const kernels = weights('kernels', 4, 3, 3, 3);
const bias = weights('bias', 4);
const perChannel = weights('perChannel', 3);
const depthKernels = weights('depthKernels', 1, 3, 2, 6);
const depthBias = weights('depthBias', 6);
const denseWeights = weights('denseWeights', 7, 90);
const denseBias = weights('denseBias', 7);
const slopes = weights('slopes', 1, 1, 3);
const one: TestTensor = { name: 'one', dims: [], values: [0.75] };
const half: TestTensor = { name: 'half', dims: [3, 1, 1, 3], type: 'float16', values: Array<number>(9).fill(-0.375) };

const CASES: readonly Case[] = [
  {
    name: 'CONV_2D with SAME',
    constants: [kernels, bias],
    operators: [op('CONV_2D', ['input', 'kernels', 'bias'], [SAME, int(1), int(1)])],
    expected: (x) => convolved(x, kernels, bias, { same: true }),
  },
  {
    name: 'CONV_2D with VALID and RELU',
    constants: [kernels, bias],
    operators: [op('CONV_2D', ['input', 'kernels', 'bias'], [VALID, int(1), int(1), RELU])],
    expected: (x) => mapped(convolved(x, kernels, bias, { same: false }), relu),
  },
  {
    name: 'CONV_2D with strides of 2 columns and 3 rows, whose odd padding is at the end',
    constants: [kernels],
    operators: [op('CONV_2D', ['input', 'kernels'], [SAME, int(2), int(3)])],
    expected: (x) => convolved(x, kernels, null, { same: true, strides: [3, 2] }),
  },
  {
    name: 'CONV_2D with dilations of 3 columns and 2 rows',
    constants: [kernels, bias],
    operators: [op('CONV_2D', ['input', 'kernels', 'bias'], [SAME, int(1), int(1), null, int(3), int(2)])],
    expected: (x) => convolved(x, kernels, bias, { same: true, dilations: [2, 3] }),
  },
  {
    name: 'DEPTHWISE_CONV_2D with two kernels a channel and RELU6',
    constants: [depthKernels, depthBias],
    operators: [op('DEPTHWISE_CONV_2D', ['input', 'depthKernels', 'depthBias'], [SAME, int(2), int(1), int(2), RELU6])],
    expected: (x) => mapped(depthwise(x, depthKernels, depthBias, { same: true, strides: [1, 2] }), relu6),
  },
  {
    name: 'MAX_POOL_2D',
    operators: [op('MAX_POOL_2D', ['input'], [SAME, int(2), int(2), int(3), int(2)])],
    expected: (x) => pooled(x, { kernel: [2, 3], strides: [2, 2], same: true }, (values) => Math.max(...values)),
  },
  {
    name: 'AVERAGE_POOL_2D, which does not count its padding',
    operators: [op('AVERAGE_POOL_2D', ['input'], [SAME, int(1), int(1), int(3), int(3)])],
    expected: (x) => pooled(x, { kernel: [3, 3], same: true }, (values) => sum(values) / values.length),
  },
  {
    name: 'FULLY_CONNECTED of an image with RELU',
    constants: [denseWeights, denseBias],
    operators: [op('FULLY_CONNECTED', ['input', 'denseWeights', 'denseBias'], [RELU])],
    expected: (x) => mapped(dense(x, denseWeights, denseBias), relu),
  },
  {
    name: 'FULLY_CONNECTED of a vector, with a scale that is folded into it',
    constants: [denseWeights, denseBias, one],
    operators: [
      op('RESHAPE', ['input'], [], 'vector'),
      op('FULLY_CONNECTED', ['vector', 'denseWeights', 'denseBias'], [], 'dense'),
      op('MUL', ['dense', 'one']),
    ],
    expected: (x) => mapped(dense(x, denseWeights, denseBias), (value) => 0.75 * value),
  },
  ...(['ADD', 'SUB', 'MUL'] as const).flatMap((code): Case[] => {
    const compute = { ADD: sumOf, SUB: differenceOf, MUL: productOf }[code];
    const values = perChannel.values;
    return [
      {
        name: `${code} of an image and one value a channel`,
        constants: [perChannel],
        operators: [op(code, ['input', 'perChannel'])],
        expected: (x) => mapped(x, (value, c) => compute(value, values[c])),
      },
      {
        name: `${code} of one value a channel and an image, with RELU6`,
        constants: [perChannel],
        operators: [op(code, ['perChannel', 'input'], [RELU6])],
        expected: (x) => mapped(x, (value, c) => relu6(compute(values[c], value))),
      },
      {
        name: `${code} of an image and a number`,
        constants: [one],
        operators: [op(code, ['input', 'one'])],
        expected: (x) => mapped(x, (value) => compute(value, 0.75)),
      },
      {
        name: `${code} of two images, with RELU`,
        operators: [op('NEG', ['input'], [], 'negative'), op(code, ['input', 'negative'], [RELU])],
        expected: (x) => mapped(x, (value) => relu(compute(value, -value))),
      },
    ];
  }),
  { name: 'RESHAPE', operators: [op('RESHAPE', ['input'])], expected: flat },
  {
    name: 'SOFTMAX',
    size: [1, 1, 5],
    operators: [op('RESHAPE', ['input'], [], 'vector'), op('SOFTMAX', ['vector'])],
    expected: softmax,
  },
  {
    name: 'CONCATENATION of channels',
    operators: [op('ABS', ['input'], [], 'absolute'), op('CONCATENATION', ['input', 'absolute'], [int(3)])],
    expected: ({ size: [height, width], at }) =>
      image([height, width, 6], (y, x, c) => (c < 3 ? at(y, x, c) : Math.abs(at(y, x, c - 3)))),
  },
  {
    name: 'PRELU',
    constants: [slopes],
    operators: [op('PRELU', ['input', 'slopes'])],
    expected: (x) => mapped(x, (value, c) => (value > 0 ? value : slopes.values[c] * value)),
  },
  {
    name: 'PRELU spelled relu(x) + k·(x − |x|)',
    constants: [perChannel],
    operators: [
      op('RELU', ['input'], [], 'positive'),
      op('ABS', ['input'], [], 'absolute'),
      op('SUB', ['input', 'absolute'], [], 'negative'),
      op('MUL', ['perChannel', 'negative'], [], 'scaled'),
      op('ADD', ['positive', 'scaled']),
    ],
    expected: (x) => mapped(x, (value, c) => (value > 0 ? value : 2 * perChannel.values[c] * value)),
  },
  {
    name: 'PRELU spelled relu(x) − a·relu(−x)',
    constants: [perChannel],
    operators: [
      op('RELU', ['input'], [], 'positive'),
      op('NEG', ['input'], [], 'turned'),
      op('RELU', ['turned'], [], 'rest'),
      op('NEG', ['rest'], [], 'negative'),
      op('MUL', ['negative', 'perChannel'], [], 'scaled'),
      op('ADD', ['scaled', 'positive']),
    ],
    expected: (x) => mapped(x, (value, c) => (value > 0 ? value : perChannel.values[c] * value)),
  },
  { name: 'RELU', operators: [op('RELU', ['input'])], expected: (x) => mapped(x, relu) },
  { name: 'ABS', operators: [op('ABS', ['input'])], expected: (x) => mapped(x, Math.abs) },
  { name: 'NEG', operators: [op('NEG', ['input'])], expected: (x) => mapped(x, (value) => -value) },
  {
    name: 'LOGISTIC',
    operators: [op('LOGISTIC', ['input'])],
    expected: (x) => mapped(x, (value) => 1 / (1 + Math.exp(-value))),
  },
  {
    name: 'RELU6 of values beyond 6',
    constants: [{ name: 'ten', dims: [], values: [10] }],
    operators: [op('MUL', ['input', 'ten'], [], 'large'), op('RELU6', ['large'])],
    expected: (x) => mapped(x, (value) => relu6(10 * value)),
  },
  {
    name: 'DEQUANTIZE of float16 weights',
    constants: [half],
    operators: [op('DEQUANTIZE', ['half'], [], 'floats'), op('CONV_2D', ['input', 'floats'], [SAME, int(1), int(1)])],
    expected: (x) => convolved(x, half, null, { same: true }),
  },
];

function sumOf(a: number, b: number): number {
  return a + b;
}
function differenceOf(a: number, b: number): number {
  return a - b;
}
function productOf(a: number, b: number): number {
  return a * b;
}

function valuesOf({ size: [height, width, channels], at }: Image): number[] {
  return Array.from({ length: height * width * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return at(Math.floor(pixel / width), pixel % width, i % channels);
  });
}

/** The file of a case, whose result becomes one vector an image. */
function fileOf({ size = INPUT, constants = [], operators, expected }: Case): Buffer {
  const length = valuesOf(expected(image(size, () => 0))).length;
  const results = operators.map(({ output }) => output);
  const dimsOf = (name: string) => (name === 'vector' ? [1, size[0] * size[1] * size[2]] : [1, ...size]);
  return tfliteFile({
    tensors: [
      { name: 'input', dims: [1, ...size] },
      ...constants,
      ...results.map((name) => ({ name, dims: name === 'result' ? [1, length] : dimsOf(name) })),
      { name: 'output', dims: [1, length] },
    ],
    operators: [...operators, op('RESHAPE', ['result'], [], 'output')],
    inputs: ['input'],
    outputs: ['output'],
  });
}

describe('a TensorFlow Lite operator computes what it should, for two images at once', () => {
  it.each(CASES)('$name', async (one) => {
    const size = one.size ?? INPUT;
    const { onnx, dimension } = convertTflite(fileOf(one));
    const session = await engine.load(onnx);
    const input = randomTensor([2, ...size], 7);
    const { output } = await session.run({ input });
    await session.dispose();
    const count = size[0] * size[1] * size[2];
    const expected = [0, 1].flatMap((n) => {
      const at: Image['at'] = (y, x, c) => input.data[n * count + (y * size[1] + x) * size[2] + c];
      return valuesOf(one.expected(image(size, at)));
    });
    expect(output.dims).toEqual([2, dimension]);
    expect(output.data).toHaveLength(expected.length);
    const differences = expected.map((value, i) => Math.abs(value - output.data[i]));
    expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
  });
});

describe('a TensorFlow Lite file that cannot be converted', () => {
  const identity = (size = INPUT, operators: readonly TestOperator[] = [op('ABS', ['input'])]): Case => ({
    name: '',
    size,
    operators,
    expected: (x: Image) => x,
  });
  const failure = (bytes: Uint8Array): unknown => {
    try {
      return convertTflite(bytes);
    } catch (error) {
      return error;
    }
  };

  it('names all operators that are not supported at once', () => {
    const operators = [
      { code: 98, inputs: ['input'], output: 'a' },
      { code: 11, inputs: ['a'], output: 'b' },
      { code: 98, inputs: ['b'], output: 'result' },
    ];
    expect(failure(fileOf(identity(INPUT, operators)))).toMatchObject({
      code: 'unsupported_graph',
      details: {
        operators: [
          { op: 'operator 98', nodes: ['a', 'result'] },
          { op: 'operator 11', nodes: ['b'] },
        ],
      },
    });
  });

  it.each([
    ['a fused tanh', op('ADD', ['input', 'input'], [byte(4)]), 'ADD with the activation tanh'],
    ['a concatenation over rows', op('CONCATENATION', ['input', 'input'], [int(1)]), 'CONCATENATION over axis 1'],
    ['a softmax over channels of an image', op('SOFTMAX', ['input']), 'SOFTMAX of an image'],
    ['a dequantised value', op('DEQUANTIZE', ['input']), 'DEQUANTIZE of a computed value'],
  ])('refuses %s', (_, operator, name) => {
    expect(failure(fileOf(identity(INPUT, [operator])))).toMatchObject({
      code: 'unsupported_graph',
      details: { operators: [{ op: name, nodes: ['result'] }] },
    });
  });

  it.each([
    ['that is empty', Buffer.alloc(0), 'it does not begin with the identifier TFL3'],
    ['that is a picture', Buffer.from('\x89PNG\r\n\x1a\n rest of it'), 'it does not begin with the identifier TFL3'],
    ['that is cut off', fileOf(identity()).subarray(0, 200), 'it points outside of itself'],
    [
      'with weights for other channels',
      fileOf(identity(INPUT, [op('CONV_2D', ['input', 'input'], [SAME, int(1), int(1)])])),
      'CONV_2D "result" needs a constant as input 1',
    ],
  ])('refuses a file %s', (_, bytes, reason) => {
    expect(failure(bytes)).toMatchObject({
      code: 'bad_model_file',
      message: `the file is not a usable TensorFlow Lite model: ${reason}`,
    });
  });
});
