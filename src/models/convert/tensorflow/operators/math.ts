import { type Affine, channelsOf, channelWeight, IDENTITY, type Operation, valueName } from '../network.js';
import { type Constant, constant, type Handler, type NodeView, sizeOf } from '../node-view.js';

interface Arithmetic {
  readonly onnx: string;
  readonly fold: (x: number, y: number) => number;
  /** `x op c` as scale and shift of x. */
  readonly constantRight: (c: Float64Array) => Affine;
  /** `c op x` as scale and shift of x; null when it is not one. */
  readonly constantLeft: ((c: Float64Array) => Affine) | null;
}

const shiftBy = (c: Float64Array): Affine => ({ ...IDENTITY, shift: c });
const scaleBy = (c: Float64Array): Affine => ({ ...IDENTITY, scale: c });

const ADD: Arithmetic = { onnx: 'Add', fold: (x, y) => x + y, constantRight: shiftBy, constantLeft: shiftBy };
const ARITHMETIC = new Map<string, Arithmetic>([
  ['Add', ADD],
  ['AddV2', ADD],
  [
    'Sub',
    {
      onnx: 'Sub',
      fold: (x, y) => x - y,
      constantRight: (c) => shiftBy(c.map((value) => -value)),
      constantLeft: (c) => ({ scale: c.map(() => -1), shift: c }),
    },
  ],
  ['Mul', { onnx: 'Mul', fold: (x, y) => x * y, constantRight: scaleBy, constantLeft: scaleBy }],
  [
    'RealDiv',
    {
      onnx: 'Div',
      fold: (x, y) => x / y,
      constantRight: (c) => scaleBy(c.map((value) => 1 / value)),
      constantLeft: null,
    },
  ],
]);

/**
 * TensorFlow `Add|AddV2|Sub|Mul|RealDiv(x, y)`. ONNX `Add|Sub|Mul|Div(x, y)`, or a scale and shift of x when the other
 * input is a scalar or one value per channel: unfused batch normalisation consists of these.
 */
export const arithmetic: Handler = (node) => {
  const operator = ARITHMETIC.get(node.op)!;
  const [x, y] = [node.value(0), node.value(1)];
  if (x.kind === 'constant' && y.kind === 'constant') return foldConstants(node, x, y, operator.fold);
  if (x.kind === 'constant') {
    if (operator.constantLeft === null) throw node.unsupported('of a constant by an activation');
    return scaleShift(node, node.activation(1), x, operator.constantLeft);
  }
  if (y.kind === 'constant') return scaleShift(node, x, y, operator.constantRight);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x, y],
    dims: activationDims(node, x, y),
    emit: (builder, inputs) => builder.node(operator.onnx, inputs, {}, valueName(node.name, operator.onnx)),
  };
};

/** Applies a constant to an activation as scale and shift. */
export function scaleShift(
  node: NodeView,
  x: Operation,
  value: Constant,
  affineOf: (c: Float64Array) => Affine,
): Operation {
  return {
    kind: 'scale-shift',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    affine: affineOf(perChannel(node, value, x)),
  };
}

interface Unary {
  readonly fold: (x: number) => number;
  /** ONNX operators, applied in sequence; each receives its input `arity` times. */
  readonly onnx: readonly { readonly op: string; readonly arity: 1 | 2 }[];
}

const SQRT = { op: 'Sqrt', arity: 1 } as const;
const UNARY = new Map<string, Unary>([
  ['Relu', { fold: (x) => Math.max(x, 0), onnx: [{ op: 'Relu', arity: 1 }] }],
  ['Sqrt', { fold: Math.sqrt, onnx: [SQRT] }],
  ['Rsqrt', { fold: (x) => 1 / Math.sqrt(x), onnx: [SQRT, { op: 'Reciprocal', arity: 1 }] }],
  ['Square', { fold: (x) => x * x, onnx: [{ op: 'Mul', arity: 2 }] }],
]);

/** TensorFlow `Relu|Sqrt|Rsqrt|Square(x)`. ONNX `Relu(x)`, `Sqrt(x)`, `Reciprocal(Sqrt(x))`, `Mul(x, x)`. */
export const unary: Handler = (node) => {
  const { fold, onnx } = UNARY.get(node.op)!;
  const x = node.value(0);
  if (x.kind === 'constant') return mapConstant(node, x, fold);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    emit: (builder, [input]) =>
      onnx.reduce(
        (ref, { op, arity }) => builder.node(op, Array<string>(arity).fill(ref), {}, valueName(node.name, op)),
        input,
      ),
  };
};

/** TensorFlow `Maximum|Minimum(x, y)`. ONNX `Max|Min(x, y)`. */
export const extremum: Handler = (node) => {
  const [onnx, fold] = node.op === 'Maximum' ? (['Max', Math.max] as const) : (['Min', Math.min] as const);
  const [x, y] = [node.value(0), node.value(1)];
  if (x.kind === 'constant' && y.kind === 'constant') return foldConstants(node, x, y, (a, b) => fold(a, b));
  if (x.kind === 'constant') return bounded(node, onnx, node.activation(1), x);
  if (y.kind === 'constant') return bounded(node, onnx, x, y);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x, y],
    dims: activationDims(node, x, y),
    emit: (builder, inputs) => builder.node(onnx, inputs, {}, valueName(node.name, onnx)),
  };
};

function bounded(node: NodeView, onnx: string, x: Operation, bound: Constant): Operation {
  const values = perChannel(node, bound, x);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    emit(builder, [input]) {
      const weight = channelWeight(builder, valueName(node.name, 'Bound'), x.dims.length, values);
      return builder.node(onnx, [input, weight], {}, valueName(node.name, onnx));
    },
  };
}

/** TensorFlow `MatMul(x [N, in], weights [in, out]; transpose_a, transpose_b)`. ONNX `Gemm(x, weights, bias)`. */
export const matmul: Handler = (node) => {
  const x = node.activation(0, 2);
  const weights = node.constant(1);
  if (node.flag('transpose_a') || node.flag('transpose_b')) throw node.unsupported('with a transposed input');
  const [inChannels, out] = weights.dims;
  if (weights.dims.length !== 2) throw node.malformed(`has weights of ${weights.dims.length} dimensions, not 2`);
  if (sizeOf(weights) === 0) throw node.malformed('has no weights');
  if (inChannels !== channelsOf(x)) {
    throw node.malformed(`has weights for ${inChannels} channels but gets ${channelsOf(x)}`);
  }
  return {
    kind: 'linear',
    name: node.name,
    inputs: [x],
    dims: [null, out],
    affine: IDENTITY,
    weightCount: sizeOf(weights),
    emit(builder, input, { scale, shift }) {
      const data = Float32Array.from(weights.read());
      if (scale !== null) for (let i = 0; i < data.length; i++) data[i] *= scale[i % out];
      const inputs = [input, builder.weight(valueName(node.name, 'Weights'), weights.dims, data)];
      if (shift !== null) inputs.push(channelWeight(builder, valueName(node.name, 'Bias'), 2, shift));
      return builder.node('Gemm', inputs, {}, valueName(node.name, 'Gemm'));
    },
  };
};

/** The broadcast dimensions of two tensors by numpy's rule; null when they do not broadcast. The batch is `null`. */
function broadcastDims<T extends number | null>(a: readonly T[], b: readonly T[]): T[] | null {
  const rank = Math.max(a.length, b.length);
  const result: T[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a.length + i < rank ? 1 : a[a.length + i - rank];
    const right = b.length + i < rank ? 1 : b[b.length + i - rank];
    if (left !== right && left !== 1 && right !== 1) return null;
    result.push((left === 1 ? right : left) as T);
  }
  return result;
}

/**
 * A constant operand of an activation as one value per channel, the same for all pixels and images.
 * @throws UnsupportedOperator when it has another shape
 */
export function perChannel(node: NodeView, value: Constant, x: Operation): Float64Array {
  const channels = channelsOf(x);
  const size = sizeOf(value);
  const fits = size === 1 || (size === channels && value.dims.at(-1) === channels);
  if (!fits || value.dims.length > x.dims.length) {
    throw node.unsupported(`with a constant of shape [${value.dims.join(', ')}]`);
  }
  const values = value.read();
  if (values.some(Number.isNaN)) throw node.unsupported('with the size of the batch');
  return size === 1 ? new Float64Array(channels).fill(values[0]) : Float64Array.from(values);
}

/** The broadcast dimensions of two activations of equal rank. */
export function activationDims(node: NodeView, a: Operation, b: Operation): Operation['dims'] {
  const dims = a.dims.length === b.dims.length ? broadcastDims<number | null>(a.dims, b.dims) : null;
  if (dims === null) throw node.malformed('has inputs of incompatible shapes');
  return dims as unknown as Operation['dims'];
}

/** Applies `fold` to every pair of values of two constants, in float64. */
export function foldConstants(
  node: NodeView,
  a: Constant,
  b: Constant,
  fold: (x: number, y: number) => number,
): Constant {
  const dims = broadcastDims(a.dims, b.dims);
  if (dims === null) throw node.malformed('has inputs of incompatible shapes');
  const size = dims.reduce((product, dim) => product * dim, 1);
  node.requireFoldable(size);
  const left = a.read();
  const right = b.read();
  const values = Float64Array.from({ length: size }, (_, i) => {
    return fold(left[sourceIndex(i, dims, a.dims)], right[sourceIndex(i, dims, b.dims)]);
  });
  return constant(dims, values);
}

/** The index into a tensor of `own` dimensions for a flat index into the broadcast `dims`. */
function sourceIndex(flat: number, dims: readonly number[], own: readonly number[]): number {
  let index = 0;
  let step = 1;
  let rest = flat;
  for (let axis = dims.length - 1, mine = own.length - 1; mine >= 0; axis--, mine--) {
    index += (own[mine] === 1 ? 0 : rest % dims[axis]) * step;
    step *= own[mine];
    rest = Math.floor(rest / dims[axis]);
  }
  return index;
}

/** Applies `fold` to every value of a constant, in float64. */
export function mapConstant(node: NodeView, value: Constant, fold: (x: number) => number): Constant {
  node.requireFoldable(sizeOf(value));
  return constant(value.dims, Float64Array.from(value.read(), fold));
}
