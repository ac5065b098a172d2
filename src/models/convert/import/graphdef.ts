import { badGraph, parseGraphDef, type GraphDefNode } from '../formats/graphdef.js';
import { emitNetwork } from '../emit.js';
import { operationsOf, type Operation } from '../network.js';
import { cutFeeds } from '../passes/cut-feeds.js';
import { foldControlFlow } from '../passes/fold-control-flow.js';
import { foldScaleShift } from '../passes/fold-scale-shift.js';
import { hoistScaleShift } from '../passes/hoist-scale-shift.js';
import { mergeReshapes } from '../passes/merge-reshapes.js';
import { nodesInOrder } from '../passes/nodes-in-order.js';
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
