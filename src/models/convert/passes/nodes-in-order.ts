import { badGraph, type GraphDefNode } from '../formats/graphdef.js';

/** The nodes of a TensorFlow graph by name. */
export type NodeTable = ReadonlyMap<string, GraphDefNode>;

interface Visit {
  readonly node: GraphDefNode;
  readonly needs: readonly string[];
  next: number;
}

/**
 * Prunes a graph to what one node needs and puts it in running order.
 * Does not recurse: a file may chain as many nodes as it likes.
 * @param edges `values` follows the inputs only, `all` also the nodes that merely have to run before.
 * @returns each node after everything that it needs, `output` last
 * @throws RostroError `bad_model_file` when a node is missing or depends on itself.
 */
export function nodesInOrder(nodes: NodeTable, output: string, edges: 'values' | 'all'): GraphDefNode[] {
  const order: GraphDefNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack: Visit[] = [];

  const open = (name: string, neededBy: string | null): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') throw badGraph(`its node "${name}" depends on itself`);
    const node = nodes.get(name);
    if (node === undefined) {
      throw badGraph(
        neededBy === null ? `it has no node "${name}"` : `node "${neededBy}" needs "${name}", which it lacks`,
      );
    }
    state.set(name, 'open');
    const values = node.inputs.map((input) => input.node);
    stack.push({ node, needs: edges === 'all' ? [...values, ...node.controls] : values, next: 0 });
  };

  open(output, null);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next < top.needs.length) {
      open(top.needs[top.next++], top.node.name);
      continue;
    }
    stack.pop();
    state.set(top.node.name, 'done');
    order.push(top.node);
  }
  return order;
}
