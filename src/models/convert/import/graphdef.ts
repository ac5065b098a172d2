import { GraphBuilder, type Ref } from '../build.js';
import { badGraph, type GraphDefNode, parseGraphDef } from '../formats/graphdef.js';
import { channelWeight, sameInBothLayouts, toChannelsFirst, toChannelsLast } from '../layout.js';
import { type Input, type Operation, operationsOf, type Reshape, type ScaleShift, valueName } from '../network.js';
import { cutFeeds } from '../passes/cut-feeds.js';
import { foldControlFlow } from '../passes/fold-control-flow.js';
import { mergeReshapes } from '../passes/merge-reshapes.js';
import { nodesInOrder } from '../passes/nodes-in-order.js';
import { foldScaleShift, hoistScaleShift } from '../passes/scale-shift.js';
import { evaluateNodes } from './graphdef/evaluate.js';

export interface GraphDefImport {
  /** The node that is fed with images; whatever led to it in the file is dropped. */
  readonly input: string;
  /** Nodes that are fed with false, such as `phase_train`. */
  readonly falseConstants: readonly string[];
  /** The node that gives one vector an image. */
  readonly output: string;
  /** Side of the square RGB image. */
  readonly inputSizePx: number;
}

export interface ImportedGraph {
  /** A model with the input [N, inputSizePx, inputSizePx, 3], RGB, as TensorFlow is fed, and the output [N, dimension]. */
  readonly onnx: Uint8Array;
  /** Length of an output vector: 128 in the FaceNet files of 2017, 512 in those of 2018. */
  readonly dimension: number;
}

const RGB_CHANNELS = 3;

/** What a graph may write beyond the weights of its file: constants that repeat a value. Bounds hostile files. */
const WEIGHT_SLACK_BYTES = 2 ** 26;

/**
 * Converts a frozen TensorFlow graph to ONNX: cuts it at its feeds, decides its conditionals, computes its constants
 * and shapes, and folds batch normalisation into the weights. Written for David Sandberg's FaceNet files
 * (Inception-ResNet-v1, 2017 and 2018); other graphs of the same operators convert as well.
 * @param bytes the `.pb` file
 * @throws RostroError `bad_model_file` when the file is damaged or not such a graph; `unsupported_graph` with all
 *   operators that cannot be converted as `details.operators: { op, nodes }[]`.
 */
export function importGraphDef(bytes: Uint8Array, options: GraphDefImport): ImportedGraph {
  const network = optimise(readNetwork(parseGraphDef(bytes), options));
  const dimension = network.dims.length === 2 ? network.dims[1] : undefined;
  if (dimension === undefined) throw badGraph(`"${options.output}" is not one vector an image`);
  checkWeights(network, bytes.length);
  return { onnx: emitNetwork(network, options.output), dimension };
}

function readNetwork(file: readonly GraphDefNode[], options: GraphDefImport): Operation {
  const { input, falseConstants, output, inputSizePx } = options;
  const running = foldControlFlow(cutFeeds(file, input, falseConstants), output);
  const nodes = nodesInOrder(running.nodes, running.output.node, 'values');
  const value = evaluateNodes(nodes, running.output, [null, inputSizePx, inputSizePx, RGB_CHANNELS]);
  if (value.kind === 'constant') throw badGraph(`"${output}" does not depend on "${input}"`);
  return value;
}

function optimise(network: Operation): Operation {
  return foldScaleShift(mergeReshapes(hoistScaleShift(mergeReshapes(network))));
}

function checkWeights(network: Operation, fileBytes: number): void {
  const counts = operationsOf(network).map((operation) => (operation.kind === 'linear' ? operation.weightCount : 0));
  const bytes = counts.reduce((sum, count) => sum + count, 0) * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > 2 * fileBytes + WEIGHT_SLACK_BYTES) throw badGraph('it uses its weights more often than any known graph');
}

/**
 * Writes a network as ONNX: images NCHW inside, and one transpose behind the input, which is fed NHWC.
 * @param outputName the name of the output, [N, D]
 * @throws Error when the output is not one vector an image; check its dims first.
 */
export function emitNetwork(output: Operation, outputName: string): Uint8Array {
  if (output.dims.length !== 2) throw new Error('the output is not one vector an image');
  const builder = new GraphBuilder(outputName);
  const refs = new Map<Operation, Ref>();
  for (const operation of operationsOf(output)) {
    const inputs = operation.inputs.map((input) => refs.get(input)!);
    refs.set(operation, emit(builder, operation, inputs));
  }
  builder.output(outputName, refs.get(output)!, ['N', output.dims[1]]);
  return builder.finish();
}

function emit(builder: GraphBuilder, operation: Operation, inputs: readonly Ref[]): Ref {
  switch (operation.kind) {
    case 'input':
      return emitInput(builder, operation);
    case 'linear':
      return operation.emit(builder, inputs[0], operation.affine);
    case 'scale-shift':
      return emitScaleShift(builder, operation, inputs[0]);
    case 'reshape':
      return emitReshape(builder, operation, inputs[0]);
    case 'plain':
      return operation.emit(builder, inputs);
  }
}

function emitInput(builder: GraphBuilder, { name, dims }: Input): Ref {
  const input = builder.input(name, ['N', ...(dims.slice(1) as number[])]);
  return dims.length === 4 ? toChannelsFirst(builder, input, name) : input;
}

function emitScaleShift(builder: GraphBuilder, { name, dims, affine }: ScaleShift, input: Ref): Ref {
  const step = (op: string, values: Float64Array, of: Ref): Ref => {
    const weight = channelWeight(builder, valueName(name, `${op}Weight`), dims.length, values);
    return builder.node(op, [of, weight], {}, valueName(name, op));
  };
  const scaled = affine.scale === null ? input : step('Mul', affine.scale, input);
  return affine.shift === null ? scaled : step('Add', affine.shift, scaled);
}

/** A reshape counts values in TensorFlow's order, so an image of several pixels goes back to NHWC for it. */
function emitReshape(builder: GraphBuilder, { name, dims, inputs: [source] }: Reshape, input: Ref): Ref {
  const ordered = sameInBothLayouts(source.dims) ? input : toChannelsLast(builder, input, name);
  const [, ...sizes] = dims as readonly number[];
  const onePixel = dims.length === 4 && sameInBothLayouts(dims);
  const shape = builder.ints(valueName(name, 'Shape'), onePixel ? [-1, sizes[2], 1, 1] : [-1, ...sizes]);
  const reshaped = builder.node('Reshape', [ordered, shape], {}, valueName(name, 'Reshape'));
  return sameInBothLayouts(dims) ? reshaped : toChannelsFirst(builder, reshaped, name);
}
