import { RostroError } from '../shared/errors.js';
import type { Engine, Provider } from './engine.js';
import { createOnnxRuntime } from './onnxruntime.js';
import { type OnnxRuntime, requireOnnxRuntime } from './onnxruntime-package.js';

/** Which inference runtime runs the networks, as plain data that crosses the thread boundary. */
export type EngineSpec =
  | { readonly kind: 'onnxruntime'; readonly provider: Provider }
  /** An engine of a plugin. `url` is the module that exports it; every thread imports it for itself. */
  | { readonly kind: 'plugin'; readonly url: string };

/** What the module of a plugin's engine exports. */
export interface EngineModule {
  /** @throws RostroError `bad_config` when the runtime is not installed */
  readonly createEngine: () => Promise<Engine>;
}

/**
 * @param threads inside one operator, of ONNX Runtime
 * @throws RostroError `bad_config` when the runtime is not installed, or does not load on this system
 */
export async function openEngine(spec: EngineSpec, threads: number, load = requireOnnxRuntime): Promise<Engine> {
  if (spec.kind === 'onnxruntime') return createOnnxRuntime({ threads, provider: spec.provider }, loaded(load));
  const { createEngine } = (await import(spec.url)) as EngineModule;
  return createEngine();
}

function loaded(load: () => OnnxRuntime): OnnxRuntime {
  try {
    return load();
  } catch (error) {
    throw loadFailure(error);
  }
}

/** The loader of glibc, which compiled code for glibc asks for, or a symbol of glibc. musl says so. */
const NEEDS_GLIBC = /Error (?:loading shared library ld-linux|relocating)/;

function loadFailure(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_FAILED') return error;
  const { message } = error as Error;
  const reason = NEEDS_GLIBC.test(message)
    ? 'ONNX Runtime needs glibc, and this system has musl, as Alpine Linux does: use a system with glibc, such as the image node:22-slim'
    : `ONNX Runtime cannot be loaded (${message.split('\n', 1)[0]})`;
  const advice = 'or set ENGINE=tfjs and install @tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm';
  return new RostroError('bad_config', `${reason}; ${advice}.`, { cause: error });
}
