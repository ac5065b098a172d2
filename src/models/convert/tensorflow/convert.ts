import { GraphBuilder, type Ref } from '../onnx/graph-builder.js';
import { badGraph, type GraphDefNode, parseGraphDef } from './graphdef.js';
import {
  channelWeight,
  type Input,
  type Operation,
  operationsOf,
  type Reshape,
  sameInBothLayouts,
  type ScaleShift,
  toChannelsFirst,
  toChannelsLast,
  valueName,
} from './network.js';
import { replaceFeeds, foldControlFlow, nodesInOrder } from './graph-passes.js';
import { foldScaleShift, hoistScaleShift, mergeReshapes } from './network-passes.js';
import { evaluateNodes } from './evaluate.js';

export interface GraphDefOptions {
  /** The node that receives the images; the nodes before it are dropped. */
  readonly input: string;
  /** Nodes that are set to false, such as `phase_train`. */
  readonly falseConstants: readonly string[];
  /** The node that returns one vector per image. */
  readonly output: string;
  /** Side of the square RGB image. */
  readonly inputSizePx: number;
}

export interface ConvertedGraph {
  /** A model with the input [N, inputSizePx, inputSizePx, 3], RGB, as in TensorFlow, and the output [N, dimension]. */
  readonly onnx: Uint8Array;
  /** Length of an output vector: 128 for the 2017 FaceNet files, 512 for those of 2018. */
  readonly dimension: number;
}

const RGB_CHANNELS = 3;

/**
 * Allowed size of the output beyond the weights of the file, for constants that repeat a value. Limits malicious files.
 */
const WEIGHT_SLACK_BYTES = 2 ** 26;

/**
 * Converts a frozen TensorFlow graph to ONNX: replaces its feeds, resolves its conditionals, computes constants and
 * shapes, and folds batch normalisation into the weights. Written for David Sandberg's FaceNet files
 * (Inception-ResNet-v1, 2017 and 2018); other graphs with the same operators convert as well.
 * @param bytes the `.pb` file
 * @throws RostroError `bad_model_file` when the file is damaged or not such a graph; `unsupported_graph` with all
 * unsupported operators as `details.operators: { op, nodes }[]`
 */
export function convertGraphDef(bytes: Uint8Array, options: GraphDefOptions): ConvertedGraph {
  const network = optimise(readNetwork(parseGraphDef(bytes), options));
  const dimension = network.dims.length === 2 ? network.dims[1] : undefined;
  if (dimension === undefined) throw badGraph(`"${options.output}" is not one vector per image`);
  checkWeights(network, bytes.length);
  return { onnx: emitNetwork(network, options.output), dimension };
}

function readNetwork(file: readonly GraphDefNode[], options: GraphDefOptions): Operation {
  const { input, falseConstants, output, inputSizePx } = options;
  const running = foldControlFlow(replaceFeeds(file, input, falseConstants), output);
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
 * Writes a network as ONNX: images are NCHW inside the graph; the input is NHWC and transposed once.
 * @param outputName the name of the output, [N, D]
 * @throws Error when the output is not one vector per image; check its dims first
 */
export function emitNetwork(output: Operation, outputName: string): Uint8Array {
  if (output.dims.length !== 2) throw new Error('the output is not one vector per image');
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

/** A reshape uses TensorFlow's order of values, so an image of more than one pixel is transposed to NHWC first. */
function emitReshape(builder: GraphBuilder, { name, dims, inputs: [source] }: Reshape, input: Ref): Ref {
  const ordered = sameInBothLayouts(source.dims) ? input : toChannelsLast(builder, input, name);
  const [, ...sizes] = dims as readonly number[];
  const onePixel = dims.length === 4 && sameInBothLayouts(dims);
  const shape = builder.ints(valueName(name, 'Shape'), onePixel ? [-1, sizes[2], 1, 1] : [-1, ...sizes]);
  const reshaped = builder.node('Reshape', [ordered, shape], {}, valueName(name, 'Reshape'));
  return sameInBothLayouts(dims) ? reshaped : toChannelsFirst(builder, reshaped, name);
}
