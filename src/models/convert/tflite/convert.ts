import { type ConvertedGraph, emitNetwork } from '../tensorflow/convert.js';
import type { Dims, Operation } from '../tensorflow/network.js';
import { foldScaleShift } from '../tensorflow/network-passes.js';
import { UnsupportedOperator, UnsupportedOperators } from '../unsupported-operators.js';
import { activated } from './activation.js';
import { HANDLERS } from './operators.js';
import { foldedPrelus, type Prelu, preluOf } from './prelu.js';
import { badTflite, floatsOf, insideFile, parseTflite, type TfliteModel, type TfliteOperator } from './tflite-file.js';
import { type ConversionState, type ReadConstant, TfliteNode } from './tflite-node.js';

/**
 * Converts a TensorFlow Lite network of one image input and one vector output to ONNX. The batch that the file fixes
 * becomes free. Written for MobileFaceNet.tflite of sirius-ai/MobileFaceNet_TF; other float networks of the same
 * operators convert as well.
 * @param bytes the `.tflite` file
 * @returns a model with the input [N, height, width, channels] and the output [N, dimension], under the file's names
 * @throws RostroError `bad_model_file` when the file is damaged or no such network; `unsupported_graph` with all operators
 *   that cannot be converted as `details.operators: { op, nodes }[]`
 */
export function convertTflite(bytes: Uint8Array): ConvertedGraph {
  const model = parseTflite(bytes);
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw badTflite(`it has ${model.inputs.length} inputs and ${model.outputs.length} outputs, not one of each`);
  }
  const values = insideFile(() => new Conversion(model).run());
  const output = values.get(model.outputs[0]);
  if (output === undefined) throw badTflite('nothing computes its output');
  const dimension = output.dims.length === 2 ? output.dims[1] : undefined;
  if (dimension === undefined) throw badTflite('its output is not one vector an image');
  return { onnx: emitNetwork(foldScaleShift(output), model.tensors[model.outputs[0]].name), dimension };
}

/** Walks the operators in the order of the file. */
class Conversion implements ConversionState {
  readonly values = new Map<number, Operation>();
  /** Constants are read when an operator asks for them. */
  readonly constants = new Map<number, ReadConstant>();
  private readonly unsupported = new UnsupportedOperators();
  /** What unsupported operators would compute, and what depends on it. */
  private readonly unknown = new Set<number>();

  constructor(readonly model: TfliteModel) {}

  run(): ReadonlyMap<number, Operation> {
    const { tensors, inputs, operators } = this.model;
    const [input] = inputs;
    const { name, dims } = tensors[input];
    if (dims.length !== 4) throw badTflite(`its input "${name}" is no batch of images`);
    this.values.set(input, { kind: 'input', name, inputs: [], dims: freed(dims) });
    tensors.forEach((tensor, i) => {
      if (tensor.data !== null) this.constants.set(i, () => ({ dims: tensor.dims, values: floatsOf(tensor) }));
    });
    for (const operator of operators) {
      if (!HANDLERS.has(operator.op)) this.unsupported.add(operator.op, this.nameOf(operator));
    }
    this.unsupported.throwIfAny('the network uses what cannot be converted');
    const prelus = foldedPrelus(this.model, this.constants);
    for (const operator of operators) this.convert(operator, prelus.get(operator));
    this.unsupported.throwIfAny('the network uses what cannot be converted');
    return this.values;
  }

  private convert(operator: TfliteOperator, folded: Prelu | undefined): void {
    if (operator.outputs.length !== 1)
      throw badTflite(`${operator.op} has ${operator.outputs.length} outputs, not one`);
    const node = new TfliteNode(operator, this);
    if (operator.inputs.some((input) => this.unknown.has(input))) {
      this.unknown.add(operator.outputs[0]);
      return;
    }
    if (operator.op === 'DEQUANTIZE' && node.isConstant(0)) {
      this.constants.set(operator.outputs[0], this.constants.get(operator.inputs[0])!);
      return;
    }
    try {
      const made =
        folded === undefined
          ? HANDLERS.get(operator.op)!(node)
          : preluOf(node.name, this.values.get(folded.of)!, folded.slope());
      this.values.set(operator.outputs[0], activated(node, made));
    } catch (error) {
      if (!(error instanceof UnsupportedOperator)) throw error;
      this.unsupported.add(error.operator, node.name);
      this.unknown.add(operator.outputs[0]);
    }
  }

  private nameOf({ outputs }: TfliteOperator): string {
    return outputs.length > 0 && outputs[0] >= 0 ? this.model.tensors[outputs[0]].name : '';
  }
}

const freed = (dims: readonly number[]): Dims => [null, ...dims.slice(1)];
