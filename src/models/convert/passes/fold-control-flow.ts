import { badGraph, type GraphDefNode, type GraphDefRef } from '../formats/graphdef.js';
import { readTensor } from '../formats/graphdef-tensor.js';
import { nodesInOrder, type NodeTable } from './nodes-in-order.js';

/** Operators that hand on their first input as it is. */
const HAND_ON = new Set(['Identity', 'StopGradient', 'PreventGradient', 'CheckNumerics']);

/**
 * Decides every `tf.cond` whose condition is a constant: `Switch` and `Merge` go, and the branch that is never taken
 * with them (training batch norm, dropout). TensorFlow's rule: a node with an input that never arrives never runs, but
 * a `Merge` runs as soon as one input does (tensorflow/core/common_runtime/executor.cc). Nodes that only hand their
 * input on go, too. A condition that is not known stays as it is.
 * @returns the nodes that run, with their inputs redirected, and where the value of `output` now comes from
 * @throws RostroError `bad_model_file` when `output` is never computed, or the graph is broken on the way to it.
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

  /** Where a value really comes from; null when it never arrives. */
  resolve(ref: GraphDefRef): GraphDefRef | null {
    if (this.deadNodes.has(ref.node) || this.deadOutputs.has(keyOf(ref))) return null;
    return this.redirects.get(keyOf(ref)) ?? ref;
  }

  /** Call in running order. */
  visit(node: GraphDefNode): void {
    const inputs = node.inputs.map((input) => this.resolve(input));
    const live = inputs.filter((input) => input !== null);
    const missing = node.op === 'Merge' ? live.length === 0 : live.length < inputs.length;
    if (missing || node.controls.some((control) => this.deadNodes.has(control))) {
      this.deadNodes.add(node.name);
      return;
    }
    this.nodes.set(node.name, { ...node, inputs: live });
    if (HAND_ON.has(node.op)) this.redirect(node, 0, live[0]);
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
