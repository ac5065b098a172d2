import { RostroError } from '../../../shared/errors.js';

/** How many nodes of one operator the message names; `details` has all of them. */
const NAMED_NODES = 3;

/** Thrown where there is no answer to a node; collected, so that all of them are reported together. */
export class UnsupportedOperator extends Error {
  /** @param operator what is missing, as a person would say it: `Conv2D with data_format NCHW` */
  constructor(readonly operator: string) {
    super(operator);
  }
}

/** What a network asks for in vain. */
export class UnsupportedOperators {
  private readonly nodesOf = new Map<string, string[]>();

  /** @param operator as in `UnsupportedOperator` */
  add(operator: string, node: string): void {
    const nodes = this.nodesOf.get(operator);
    if (nodes === undefined) this.nodesOf.set(operator, [node]);
    else nodes.push(node);
  }

  /**
   * @param sentence begins the message, for example `the graph uses what cannot be converted`
   * @throws RostroError `unsupported_graph` with `details.operators: { op, nodes }[]` when there is anything
   */
  throwIfAny(sentence: string): void {
    if (this.nodesOf.size === 0) return;
    const operators = Array.from(this.nodesOf, ([op, nodes]) => ({ op, nodes }));
    const list = operators.map(({ op, nodes }) => {
      const more = nodes.length > NAMED_NODES ? ` and ${nodes.length - NAMED_NODES} more` : '';
      return `${op} (${nodes.slice(0, NAMED_NODES).join(', ')}${more})`;
    });
    throw new RostroError('unsupported_graph', `${sentence}: ${list.join('; ')}`, { details: { operators } });
  }
}
