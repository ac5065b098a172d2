import type { OnnxGraph, OnnxInitializer, OnnxNode } from '../../models/convert/onnx/onnx.js';
import { UnsupportedOperator, UnsupportedOperators } from '../../models/convert/unsupported-operators.js';
import { HANDLERS } from './handlers.js';
import { NodeView, type Prepared } from './node-view.js';
import type { Tf, TfTensor } from './tensorflow.js';
import { plain, toPlain, type Value } from './value.js';

interface Step {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly run: Prepared['run'];
  /** Values that no later step reads. */
  readonly lastReads: readonly string[];
}

/** A network ready to run: its weights as tensors, its nodes as steps. */
export class Plan {
  private readonly steps: readonly Step[];
  private readonly constants = new Map<string, Value>();
  private readonly held: TfTensor[] = [];
  private readonly outputs: readonly string[];

  /**
   * @throws RostroError `unsupported_graph` with everything that cannot be run as `details.operators: { op, nodes }[]`
   */
  constructor(
    private readonly tf: Tf,
    graph: OnnxGraph,
  ) {
    this.outputs = graph.outputs.map(({ name }) => name);
    try {
      this.steps = withLastReads(this.prepareAll(graph), this.outputs);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** @returns the outputs by name; the caller disposes of them */
  run(feeds: Readonly<Record<string, TfTensor>>): Record<string, TfTensor> {
    return this.tf.tidy(() => {
      const values = new Map(this.constants);
      for (const [name, tensor] of Object.entries(feeds)) values.set(name, plain(tensor));
      for (const step of this.steps) this.runStep(step, values);
      return Object.fromEntries(this.outputs.map((name) => [name, toPlain(this.tf, values.get(name)!).clone()]));
    });
  }

  dispose(): void {
    for (const tensor of this.held.splice(0)) tensor.dispose();
  }

  private runStep({ reads, writes, run, lastReads }: Step, values: Map<string, Value>): void {
    const inputs = reads.map((name) => values.get(name)!);
    const outputs = this.tf.tidy(() => run(inputs).map((value) => ownTensor(value, inputs)));
    writes.forEach((name, i) => values.set(name, outputs[i]));
    for (const name of lastReads) {
      if (!this.constants.has(name)) values.get(name)?.tensor.dispose();
      values.delete(name);
    }
  }

  private prepareAll(graph: OnnxGraph): Omit<Step, 'lastReads'>[] {
    const initializers = new Map(graph.initializers.map((constant) => [constant.name, constant]));
    const unsupported = new UnsupportedOperators();
    const steps = graph.nodes.flatMap((node) => {
      try {
        return [this.prepare(node, initializers)];
      } catch (error) {
        if (!(error instanceof UnsupportedOperator)) throw error;
        unsupported.add(error.operator, node.name);
        return [];
      }
    });
    unsupported.throwIfAny('TensorFlow.js is not taught to run');
    return steps;
  }

  private prepare(node: OnnxNode, initializers: ReadonlyMap<string, OnnxInitializer>): Omit<Step, 'lastReads'> {
    const handler = HANDLERS.get(node.op);
    if (!handler) throw new UnsupportedOperator(node.op);
    const view = new NodeView(node, initializers, (tensor) => this.held.push(tensor), this.tf);
    const prepared = handler(view, this.tf);
    for (const index of prepared.reads) this.keepConstant(view, index, node.inputs[index], initializers);
    return {
      reads: prepared.reads.map((index) => node.inputs[index]),
      writes: node.outputs,
      run: prepared.run,
    };
  }

  private keepConstant(
    view: NodeView,
    index: number,
    name: string,
    initializers: ReadonlyMap<string, OnnxInitializer>,
  ): void {
    if (!initializers.has(name) || this.constants.has(name)) return;
    const { data, dims } = view.values(index);
    const type = data instanceof Int32Array ? 'int32' : 'float32';
    this.constants.set(name, plain(view.hold(() => this.tf.tensor(data, [...dims], type))));
  }
}

/** A step that returns one of its inputs returns a clone, so that each tensor is disposed of once. */
function ownTensor(value: Value, inputs: readonly Value[]): Value {
  return inputs.some(({ tensor }) => tensor === value.tensor) ? { ...value, tensor: value.tensor.clone() } : value;
}

function withLastReads(steps: readonly Omit<Step, 'lastReads'>[], outputs: readonly string[]): Step[] {
  const later = new Set(outputs);
  return steps
    .toReversed()
    .map((step) => {
      const lastReads = [...new Set([...step.reads, ...step.writes])].filter((name) => !later.has(name));
      for (const name of step.reads) later.add(name);
      return { ...step, lastReads };
    })
    .reverse();
}
