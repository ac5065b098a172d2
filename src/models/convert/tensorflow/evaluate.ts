import { RostroError } from '../../../shared/errors.js';
import { badGraph, type GraphDefNode, type GraphDefRef } from './graphdef.js';
import { UnsupportedOperator, UnsupportedOperators } from '../unsupported-operators.js';
import { channelsOf, type Dims } from './network.js';
import { FEED_OP } from './graph-passes.js';
import { type Handler, NodeView, sizeOf, type Value } from './node-view.js';
import { arithmetic, extremum, matmul, unary } from './operators/math.js';
import { batchNorm, biasAdd, conv2d, pool } from './operators/nn.js';
import { reduce } from './operators/reduce.js';
import {
  concat,
  constantNode,
  expandDims,
  pack,
  reshape,
  shape,
  slice,
  squeeze,
  stridedSlice,
} from './operators/tensor.js';

/** Handlers of all supported TensorFlow operators. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Add', arithmetic],
  ['AddV2', arithmetic],
  ['AvgPool', pool],
  ['BiasAdd', biasAdd],
  ['ConcatV2', concat],
  ['Const', constantNode],
  ['Conv2D', conv2d],
  ['ExpandDims', expandDims],
  ['FusedBatchNorm', batchNorm],
  ['FusedBatchNormV2', batchNorm],
  ['FusedBatchNormV3', batchNorm],
  ['MatMul', matmul],
  ['MaxPool', pool],
  ['Maximum', extremum],
  ['Mean', reduce],
  ['Minimum', extremum],
  ['Mul', arithmetic],
  ['Pack', pack],
  ['Prod', reduce],
  ['RealDiv', arithmetic],
  ['Relu', unary],
  ['Reshape', reshape],
  ['Rsqrt', unary],
  ['Shape', shape],
  ['Slice', slice],
  ['Sqrt', unary],
  ['Square', unary],
  ['Squeeze', squeeze],
  ['StridedSlice', stridedSlice],
  ['Sub', arithmetic],
  ['Sum', reduce],
]);

/** Limits malicious files. FaceNet has at most 0.4 million values per image in one node... */
const VALUES_AN_IMAGE_LIMIT = 2 ** 24;
/** ...and 0.2 million channels and computed constants in total. */
const CHANNELS_LIMIT = 2 ** 22;

/**
 * Converts nodes to values, as constants where possible, with one handler per operator.
 * @param nodes in topological order, `output` last, control flow already folded
 * @param fed dimensions of the graph's input
 * @returns the value of `output`
 * @throws RostroError `unsupported_graph` with every operator without a handler and the nodes that use it as
 * `details.operators: { op, nodes }[]`; `bad_model_file` when a node is inconsistent
 */
export function evaluateNodes(nodes: readonly GraphDefNode[], output: GraphDefRef, fed: Dims): Value {
  const evaluation = new Evaluation(fed);
  for (const node of nodes) evaluation.visit(node);
  return evaluation.finish(output);
}

class Evaluation {
  private readonly values = new Map<string, Value>();
  private readonly unsupported = new UnsupportedOperators();
  private channels = 0;

  constructor(private readonly fed: Dims) {}

  visit(node: GraphDefNode): void {
    try {
      const handler = this.handlerOf(node.op);
      const inputs = this.inputsOf(node);
      if (inputs === null) return;
      const value = handler(new NodeView(node, inputs));
      if (node.op !== 'Const') this.checkSize(value, inputs);
      this.values.set(node.name, value);
    } catch (error) {
      if (!(error instanceof UnsupportedOperator)) throw error;
      this.unsupported.add(error.operator, node.name);
    }
  }

  finish(output: GraphDefRef): Value {
    if (output.port > 0) this.unsupported.add(outputLabel(output), output.node);
    this.unsupported.throwIfAny('the graph uses what cannot be converted');
    return this.values.get(output.node)!;
  }

  private handlerOf(op: string): Handler {
    const handler = HANDLERS.get(op);
    if (handler !== undefined) return handler;
    if (op !== FEED_OP) throw new UnsupportedOperator(op);
    return ({ name }) => ({ kind: 'input', name, inputs: [], dims: this.fed });
  }

  /** @returns null when an input could not be computed; its error is already recorded */
  private inputsOf({ inputs }: GraphDefNode): Value[] | null {
    const found: Value[] = [];
    for (const ref of inputs) {
      const value = this.values.get(ref.node);
      if (value === undefined) return null;
      if (ref.port > 0) throw new UnsupportedOperator(outputLabel(ref));
      found.push(value);
    }
    return found;
  }

  private checkSize(value: Value, inputs: readonly Value[]): void {
    if (value.kind === 'constant') {
      const sharesInput = inputs.some((input) => input.kind === 'constant' && input.read === value.read);
      this.channels += sharesInput ? 0 : sizeOf(value);
    } else {
      this.channels += channelsOf(value);
      const [, ...sizes] = value.dims as readonly number[];
      if (sizes.reduce((product, size) => product * size, 1) > VALUES_AN_IMAGE_LIMIT) throw tooWide();
    }
    if (this.channels > CHANNELS_LIMIT) throw tooWide();
  }
}

function tooWide(): RostroError {
  return badGraph('it is wider than any known graph');
}

function outputLabel({ node, port }: GraphDefRef): string {
  return `output ${port + 1} of "${node}"`;
}
