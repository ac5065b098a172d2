import { RostroError } from '../../../../shared/errors.js';
import { badGraph, type GraphDefNode, type GraphDefRef } from '../../formats/graphdef.js';
import { UnsupportedOperator, UnsupportedOperators } from '../../formats/unsupported-operators.js';
import { FED } from '../../passes/cut-feeds.js';
import { channelsOf, type Dims } from '../../network.js';
import { HANDLERS } from './handlers.js';
import { NodeView, type Handler } from './node-view.js';
import { sizeOf, type Value } from './value.js';

/** Bounds what hostile files make of a few bytes; FaceNet has 0.4 million values an image at its widest... */
const VALUES_AN_IMAGE_LIMIT = 2 ** 24;
/** ...and 0.2 million channels and computed constants over all of its nodes. */
const CHANNELS_LIMIT = 2 ** 22;

/**
 * Turns nodes into values, constants as far as they go, one handler an operator.
 * @param nodes inputs before their users, `output` last, control flow folded away
 * @param fed dimensions of what the graph is fed
 * @returns the value of `output`
 * @throws RostroError `unsupported_graph` with every operator that has no handler and the nodes that use it as
 *   `details.operators: { op, nodes }[]`; `bad_model_file` when a node contradicts itself.
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
    if (output.port > 0) this.unsupported.add(laterOutput(output), output.node);
    this.unsupported.throwIfAny('the graph uses what cannot be converted');
    return this.values.get(output.node)!;
  }

  private handlerOf(op: string): Handler {
    const handler = HANDLERS.get(op);
    if (handler !== undefined) return handler;
    if (op !== FED) throw new UnsupportedOperator(op);
    return ({ name }) => ({ kind: 'input', name, inputs: [], dims: this.fed });
  }

  /** @returns null when one of them could not be computed, for a reason that is already reported. */
  private inputsOf({ inputs }: GraphDefNode): Value[] | null {
    const found: Value[] = [];
    for (const ref of inputs) {
      const value = this.values.get(ref.node);
      if (value === undefined) return null;
      if (ref.port > 0) throw new UnsupportedOperator(laterOutput(ref));
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

function laterOutput({ node, port }: GraphDefRef): string {
  return `output ${port + 1} of "${node}"`;
}
