import { type Operation, valueName } from '../tensorflow/network.js';
import { UnsupportedOperator } from '../unsupported-operators.js';
import type { TfliteOperator } from './tflite-file.js';
import type { TfliteNode } from './tflite-node.js';

/** `enum ActivationFunctionType` of the schema. */
const ACTIVATIONS = ['none', 'relu', 'relu_n1_to_1', 'relu6', 'tanh', 'sign_bit'];

/** Position of `fused_activation_function` in the options of each operator that has one. */
const ACTIVATION_FIELD: Readonly<Record<string, number>> = {
  ADD: 0,
  SUB: 0,
  MUL: 0,
  FULLY_CONNECTED: 0,
  CONCATENATION: 1,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  MAX_POOL_2D: 5,
  AVERAGE_POOL_2D: 5,
};

/** The activation that an operator applies to its result. */
export function activated(node: TfliteNode, made: Operation): Operation {
  const field = ACTIVATION_FIELD[node.op] as number | undefined;
  const kind = field === undefined ? 0 : node.options.byte(field);
  if (kind === 0) return made;
  const name = ACTIVATIONS[kind] ?? `number ${kind}`;
  if (name === 'relu') return unary(valueName(node.name, 'Relu'), made, 'Relu');
  if (name === 'relu6') return relu6(valueName(node.name, 'Relu6'), made);
  throw new UnsupportedOperator(`${node.op} with the activation ${name}`);
}

export function unary(name: string, x: Operation, op: string): Operation {
  return {
    kind: 'plain',
    name,
    inputs: [x],
    dims: x.dims,
    emit: (builder, [input]) => builder.node(op, [input], {}, valueName(name, op)),
  };
}

export function relu6(name: string, x: Operation): Operation {
  return {
    kind: 'plain',
    name,
    inputs: [x],
    dims: x.dims,
    emit: (builder, [input]) => {
      const [low, high] = [0, 6].map((value) =>
        builder.weight(valueName(name, `To${value}`), [], Float32Array.of(value)),
      );
      return builder.node('Clip', [input, low, high], {}, valueName(name, 'Clip'));
    },
  };
}

/** Whether an operator applies no activation to its result. */
export function isBare(operator: TfliteOperator): boolean {
  const field = ACTIVATION_FIELD[operator.op] as number | undefined;
  return field === undefined || operator.options.byte(field) === 0;
}
