import type { Engine, Provider } from './engine.js';
import { createOnnxRuntime } from './onnxruntime.js';

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
 * @throws RostroError `bad_config` when the runtime is not installed
 */
export async function openEngine(spec: EngineSpec, threads: number): Promise<Engine> {
  if (spec.kind === 'onnxruntime') return createOnnxRuntime({ threads, provider: spec.provider });
  const { createEngine } = (await import(spec.url)) as EngineModule;
  return createEngine();
}
