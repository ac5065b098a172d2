import { RostroError } from '../../shared/errors.js';

/** Nodes per operator in the message; `details` has all of them. */
const NAMED_NODES = 3;

/** Thrown for one node; {@link UnsupportedOperators} collects these errors to report all of them together. */
export class UnsupportedOperator extends Error {
  /** @param operator operator and unsupported detail, for example `Conv2D with data_format NCHW` */
  constructor(readonly operator: string) {
    super(operator);
  }
}

/** The unsupported operators of a network. */
export class UnsupportedOperators {
  private readonly nodesOf = new Map<string, string[]>();

  /** @param operator as in `UnsupportedOperator` */
  add(operator: string, node: string): void {
    const nodes = this.nodesOf.get(operator);
    if (nodes === undefined) this.nodesOf.set(operator, [node]);
    else nodes.push(node);
  }

  /**
   * @param sentence start of the message, for example `the graph uses what cannot be converted`
   * @throws RostroError `unsupported_graph` with `details.operators: { op, nodes }[]` if any were added
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
