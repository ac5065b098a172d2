/** A dense float32 tensor in row-major (C) order; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** What a network reads: a tensor, or uint8 where its input is of that type. */
export interface Feed {
  readonly data: Float32Array | Uint8Array;
  readonly dims: readonly number[];
}

/** One loaded network. Not re-entrant: await a run before the next. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The shape of each input, in their order; a name where a size is free. */
  readonly inputDims: readonly (readonly (number | string)[])[];
  /** @throws Error when a feed is missing, unknown, or its data does not fill its dims. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/**
 * Execution providers of onnxruntime: the CPU; any GPU through Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows);
 * an NVIDIA GPU through CUDA.
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

/** Runs ONNX networks; the only interface to an inference runtime. */
export interface Engine {
  /** Display name, for example `onnxruntime 1.30.0`. */
  readonly name: string;
  /** The execution provider in use, for example `cpu`. */
  readonly provider: string;
  /** @param model path of an ONNX file, or its bytes. */
  load(model: string | Uint8Array): Promise<Session>;
}

/**
 * The feeds in the order of the network's inputs.
 * @throws Error when a feed is missing, unknown, or its data does not fill its dims
 */
export function checkedFeeds(
  inputs: readonly string[],
  feeds: Readonly<Record<string, Feed>>,
): { readonly name: string; readonly feed: Feed }[] {
  const checked = inputs.map((name) => {
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (!feed) throw new Error(`the network needs the input "${name}"`);
    const size = feed.dims.reduce((product, dim) => product * dim, 1);
    if (size !== feed.data.length) {
      throw new Error(`input "${name}": ${feed.data.length} values do not fill [${feed.dims.join(', ')}]`);
    }
    return { name, feed };
  });
  const unknown = Object.keys(feeds).find((name) => !inputs.includes(name));
  if (unknown !== undefined) throw new Error(`the network has no input "${unknown}"`);
  return checked;
}
