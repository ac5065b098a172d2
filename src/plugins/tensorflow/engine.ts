import { readFile } from 'node:fs/promises';
import { decodeOnnx } from '../../models/convert/onnx/onnx-reader.js';
import type { OnnxValue } from '../../models/convert/onnx/onnx.js';
import { checkedFeeds, type Engine, type Feed, type Session, type Tensor } from '../../engine/engine.js';
import { Plan } from './plan.js';
import { loadTensorFlow, type Tf, type TfTensor } from './tensorflow.js';

/**
 * TensorFlow.js, from the fastest of its packages that is installed; none is loaded before this is called. Inference
 * blocks the calling thread, as with ONNX Runtime. The library chooses the number of threads inside one operator;
 * WebAssembly has one.
 * @throws RostroError `bad_config` when no package of TensorFlow.js is installed, or it does not load
 */
export async function createEngine(): Promise<Engine> {
  const { tf, backend } = await loadTensorFlow();
  return {
    name: 'tensorflow.js',
    provider: backend,
    /** @throws RostroError `bad_model_file`, or `unsupported_graph` with everything that cannot be run */
    async load(model) {
      const graph = decodeOnnx(typeof model === 'string' ? await readFile(model) : model, OLDEST_OPSET);
      return new TensorFlowSession(tf, new Plan(tf, graph), graph.inputs, graph.outputs);
    },
  };
}

/** Of networks that are ONNX already: the oldest in use. */
const OLDEST_OPSET = 9;

class TensorFlowSession implements Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputDims: Session['inputDims'];

  constructor(
    private readonly tf: Tf,
    private readonly plan: Plan,
    private readonly declared: readonly OnnxValue[],
    outputs: readonly OnnxValue[],
  ) {
    this.inputs = declared.map(({ name }) => name);
    this.outputs = outputs.map(({ name }) => name);
    this.inputDims = declared.map(({ dims }) => dims);
  }

  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>> {
    const checked = checkedFeeds(this.inputs, feeds);
    checked.forEach(({ feed }, i) => {
      checkDims(feed, this.declared[i]);
    });
    const outputs = this.tf.tidy(() =>
      this.plan.run(Object.fromEntries(checked.map(({ name, feed }) => [name, this.tensorOf(feed)]))),
    );
    try {
      const read = Object.entries(outputs).map(async ([name, tensor]) => [name, await valuesOf(tensor)] as const);
      return Object.fromEntries(await Promise.all(read));
    } finally {
      for (const tensor of Object.values(outputs)) tensor.dispose();
    }
  }

  dispose(): Promise<void> {
    this.plan.dispose();
    return Promise.resolve();
  }

  private tensorOf({ data, dims }: Feed): TfTensor {
    return this.tf.tensor(data, [...dims], 'float32');
  }
}

async function valuesOf(tensor: TfTensor): Promise<Tensor> {
  return { data: await tensor.data<'float32'>(), dims: tensor.shape };
}

function checkDims({ dims }: Feed, { name, dims: declared }: OnnxValue): void {
  const fits =
    dims.length === declared.length && declared.every((size, i) => typeof size === 'string' || size === dims[i]);
  if (!fits) throw new Error(`input "${name}": [${dims.join(', ')}] is not [${declared.join(', ')}]`);
}
