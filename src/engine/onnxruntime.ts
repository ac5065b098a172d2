import { checkedFeeds, type Engine, type Feed, type Provider, type Session, type Tensor } from './engine.js';
import { type InferenceSession, type OnnxRuntime, requireOnnxRuntime } from './onnxruntime-package.js';

export interface OnnxRuntimeOptions {
  /** Threads per operator; 0 lets onnxruntime use one per physical core. */
  readonly threads?: number;
  /** Default: `cpu`. Operators that the provider does not support run on the CPU. */
  readonly provider?: Provider;
}

/**
 * ONNX Runtime. `session.run` blocks the calling thread for the whole inference, so the server creates this engine in
 * worker threads only. With `webgpu`, only one thread of a process may run sessions: onnxruntime 1.30 crashes with a
 * segmentation fault when two do so at once (its issue 32561, reproduced here). `load` throws when the provider is not
 * usable; there is no fallback.
 * @param runtime default: loads the package, as {@link requireOnnxRuntime}
 */
export function createOnnxRuntime(
  { threads = 0, provider = 'cpu' }: OnnxRuntimeOptions = {},
  runtime = requireOnnxRuntime(),
): Engine {
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    // Memory patterns for each input shape kept 90 MB more after a batch of 16 faces and saved no time.
    enableMemPattern: false,
    // Threads that spin after a run take the cores from the next network: a frame through MTCNN and FaceNet took a
    // median of 87 ms with spinning and 53 ms without, alternating on 2 cores.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  return {
    name: 'onnxruntime',
    provider,
    async load(model) {
      // The overloads accept a path or bytes, but not the union type.
      return new OnnxRuntimeSession(await runtime.InferenceSession.create(model as string, sessionOptions), runtime);
    },
  };
}

class OnnxRuntimeSession implements Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputDims: Session['inputDims'];

  constructor(
    private readonly inner: InferenceSession,
    private readonly runtime: OnnxRuntime,
  ) {
    this.inputs = inner.inputNames;
    this.outputs = inner.outputNames;
    this.inputDims = inner.inputMetadata.map((input) => (input.isTensor ? input.shape : []));
  }

  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>> {
    const ortFeeds = Object.fromEntries(
      checkedFeeds(this.inputs, feeds).map(({ name, feed }) => [
        name,
        feed.data instanceof Uint8Array
          ? new this.runtime.Tensor('uint8', feed.data, feed.dims)
          : new this.runtime.Tensor('float32', feed.data, feed.dims),
      ]),
    );
    const results = await this.inner.run(ortFeeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, { data: value.data as Float32Array, dims: value.dims }]),
    );
  }

  async dispose(): Promise<void> {
    await this.inner.release();
  }
}
