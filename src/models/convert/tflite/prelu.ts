import type { GraphBuilder, Ref } from '../onnx/graph-builder.js';
import { channelsOf, type Operation, valueName } from '../tensorflow/network.js';
import { isBare } from './activation.js';
import { badTflite, type TfliteModel, type TfliteOperator } from './tflite-file.js';
import type { ConversionState, Handler } from './tflite-node.js';

/** TFLite `PRELU(x, slope)` with one slope a channel. */
export const prelu: Handler = (node) => {
  const x = node.activation(0);
  return preluOf(node.name, x, node.perChannel(1, channelsOf(x)));
};

export function preluOf(name: string, x: Operation, slope: Float64Array): Operation {
  return {
    kind: 'plain',
    name,
    inputs: [x],
    dims: x.dims,
    emit: (builder: GraphBuilder, [input]: readonly Ref[]) =>
      builder.prelu(input, slope, x.dims.length, valueName(name, 'PRelu')),
  };
}

export interface Prelu {
  /** The tensor that it is applied to. */
  readonly of: number;
  readonly slope: () => Float64Array;
}

/**
 * PReLU as converters spell it before the operator existed: `relu(x) + k·(x − |x|)` with the slope 2k, and
 * `relu(x) + a·(−relu(−x))` with the slope a. @returns by the final ADD
 */
export function foldedPrelus(
  model: TfliteModel,
  constants: ConversionState['constants'],
): ReadonlyMap<TfliteOperator, Prelu> {
  const makers = new Map<number, TfliteOperator>();
  for (const operator of model.operators) if (operator.outputs.length === 1) makers.set(operator.outputs[0], operator);
  const maker = (tensor: number, op: string) => {
    const found = makers.get(tensor);
    return found?.op === op && isBare(found) ? found : undefined;
  };
  const folded = new Map<TfliteOperator, Prelu>();
  for (const add of model.operators) {
    if (add.op !== 'ADD' || add.inputs.length !== 2 || !isBare(add)) continue;
    const [positive, scaled] = maker(add.inputs[0], 'RELU') ? add.inputs : [add.inputs[1], add.inputs[0]];
    const x = maker(positive, 'RELU')?.inputs[0];
    const product = maker(scaled, 'MUL');
    if (x === undefined || product?.inputs.length !== 2) continue;
    const constantSide = product.inputs.findIndex((input) => constants.has(input));
    if (constantSide < 0) continue;
    const negative = product.inputs[1 - constantSide];
    const difference = maker(negative, 'SUB');
    const isDoubled = difference?.inputs[0] === x && maker(difference.inputs[1], 'ABS')?.inputs[0] === x;
    const inner = maker(maker(negative, 'NEG')?.inputs[0] ?? -1, 'RELU');
    const isPlain = inner !== undefined && maker(inner.inputs[0], 'NEG')?.inputs[0] === x;
    if (!isDoubled && !isPlain) continue;
    const channels = model.tensors[x].dims.at(-1) ?? 1;
    const constant = constants.get(product.inputs[constantSide])!;
    folded.set(add, { of: x, slope: () => slopes(constant().values, channels, isDoubled ? 2 : 1) });
  }
  return folded;
}

function slopes(values: Float32Array, channels: number, factor: number): Float64Array {
  if (values.length !== 1 && values.length !== channels)
    throw badTflite(`a PReLU has ${values.length} slopes for ${channels} channels`);
  return Float64Array.from({ length: channels }, (_, c) => factor * values[values.length === 1 ? 0 : c]);
}
