import type { Engine, Provider } from './engine.js';
import { createOnnxRuntime } from './onnxruntime.js';
import { createTensorFlowJs } from '../plugins/tensorflow/engine.js';

/** Which inference runtime runs the networks, as plain data that crosses the thread boundary. */
export type EngineSpec = { readonly kind: 'onnxruntime'; readonly provider: Provider } | { readonly kind: 'tfjs' };

/**
 * @param threads inside one operator, of ONNX Runtime
 * @throws RostroError `bad_config` when the runtime is not installed
 */
export function openEngine(spec: EngineSpec, threads: number): Promise<Engine> {
  switch (spec.kind) {
    case 'onnxruntime':
      return Promise.resolve(createOnnxRuntime({ threads, provider: spec.provider }));
    case 'tfjs':
      return createTensorFlowJs();
  }
}
