import { badGraph, type GraphDefNode, type GraphDefRef, readTensor } from './graphdef.js';

/** The nodes of a TensorFlow graph by name. */
export type NodeTable = ReadonlyMap<string, GraphDefNode>;

interface Visit {
  readonly node: GraphDefNode;
  readonly needs: readonly string[];
  next: number;
}

/**
 * Reduces a graph to the dependencies of one node, in topological order. Iterative, because a file may chain any number
 * of nodes.
 * @param edges `values` follows inputs only, `all` also control dependencies
 * @returns each node after all of its dependencies, `output` last
 * @throws RostroError `bad_model_file` when a node is missing or depends on itself
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

/** Operator of the replaced input node. TensorFlow has no operator of this name. */
export const FEED_OP = 'Fed';

const FALSE = { type: 'bool', dims: [], content: new Uint8Array(0), listed: [0], repeatedValues: 0 };

/**
 * Replaces the fed nodes, as `session.run` does: the nodes before them (in FaceNet's files a queue of training images)
 * are no longer needed.
 * @param input receives images; becomes a node with the operator `FEED_OP`
 * @param falseConstants are set to false; names that the graph does not have are ignored
 * @throws RostroError `bad_model_file` when there is no node `input`
 */
export function replaceFeeds(
  nodes: readonly GraphDefNode[],
  input: string,
  falseConstants: readonly string[],
): NodeTable {
  const table = new Map(nodes.map((node) => [node.name, node]));
  if (!table.has(input)) throw badGraph(`it has no node "${input}"`);
  table.set(input, { name: input, op: FEED_OP, inputs: [], controls: [], attributes: new Map() });
  for (const name of falseConstants) {
    if (!table.has(name)) continue;
    table.set(name, { name, op: 'Const', inputs: [], controls: [], attributes: new Map([['value', FALSE]]) });
  }
  return table;
}

/** Operators that return their first input unchanged. */
const PASS_THROUGH = new Set(['Identity', 'StopGradient', 'PreventGradient', 'CheckNumerics']);

/**
 * Resolves every `tf.cond` with a constant condition: removes `Switch` and `Merge`, and the branch that is never taken
 * (training batch norm, dropout). TensorFlow's rule: a node does not run if one of its inputs never arrives, but a
 * `Merge` runs as soon as one does (tensorflow/core/common_runtime/executor.cc). Pass-through nodes are removed as
 * well. Unknown conditions are kept.
 * @returns the nodes that run, with redirected inputs, and the source of the value of `output`
 * @throws RostroError `bad_model_file` when `output` is never computed, or the graph is broken
 */
export function foldControlFlow(graph: NodeTable, output: string): { nodes: NodeTable; output: GraphDefRef } {
  const flow = new ControlFlow();
  for (const node of nodesInOrder(graph, output, 'all')) flow.visit(node);
  const source = flow.resolve({ node: output, port: 0 });
  if (source === null) throw badGraph(`"${output}" is only computed in training`);
  return { nodes: flow.nodes, output: source };
}

class ControlFlow {
  readonly nodes = new Map<string, GraphDefNode>();
  private readonly redirects = new Map<string, GraphDefRef>();
  private readonly deadOutputs = new Set<string>();
  private readonly deadNodes = new Set<string>();
  private readonly conditions = new Map<string, boolean>();

  /** The actual source of a value; null when it never arrives. */
  resolve(ref: GraphDefRef): GraphDefRef | null {
    if (this.deadNodes.has(ref.node) || this.deadOutputs.has(keyOf(ref))) return null;
    return this.redirects.get(keyOf(ref)) ?? ref;
  }

  /** Call in topological order. */
  visit(node: GraphDefNode): void {
    const inputs = node.inputs.map((input) => this.resolve(input));
    const live = inputs.filter((input) => input !== null);
    const missing = node.op === 'Merge' ? live.length === 0 : live.length < inputs.length;
    if (missing || node.controls.some((control) => this.deadNodes.has(control))) {
      this.deadNodes.add(node.name);
      return;
    }
    this.nodes.set(node.name, { ...node, inputs: live });
    if (PASS_THROUGH.has(node.op)) this.redirect(node, 0, live[0]);
    else if (node.op === 'Merge' && live.length === 1) this.redirect(node, 0, live[0]);
    else if (node.op === 'Switch') this.visitSwitch(node, live);
    else this.visitCondition(node, live);
  }

  private visitSwitch(node: GraphDefNode, [data, predicate]: GraphDefRef[]): void {
    if (node.inputs.length !== 2)
      throw badGraph(`node "${node.name}" (Switch) has ${node.inputs.length} inputs, not 2`);
    const condition = this.conditions.get(keyOf(predicate));
    if (condition === undefined) return;
    const taken = condition ? 1 : 0;
    this.redirect(node, taken, data);
    this.deadOutputs.add(keyOf({ node: node.name, port: 1 - taken }));
  }

  private visitCondition(node: GraphDefNode, live: readonly GraphDefRef[]): void {
    const key = keyOf({ node: node.name, port: 0 });
    if (node.op === 'LogicalNot' && live.length === 1) {
      const negated = this.conditions.get(keyOf(live[0]));
      if (negated !== undefined) this.conditions.set(key, !negated);
    }
    const value = node.op === 'Const' ? node.attributes.get('value') : undefined;
    if (typeof value === 'object' && 'type' in value && value.type === 'bool' && value.dims.length === 0) {
      this.conditions.set(key, readTensor(value)[0] !== 0);
    }
  }

  private redirect(node: GraphDefNode, port: number, source: GraphDefRef | undefined): void {
    if (source === undefined) throw badGraph(`node "${node.name}" (${node.op}) has no input`);
    this.redirects.set(keyOf({ node: node.name, port }), source);
  }
}

function keyOf({ node, port }: GraphDefRef): string {
  return `${node}:${port}`;
}
