import type { Engine, Provider } from './engine.js';
import { createOnnxRuntime } from './onnxruntime.js';

/** Which inference runtime runs the networks, as plain data that crosses the thread boundary. */
export interface EngineSpec {
  readonly kind: 'onnxruntime';
  readonly provider: Provider;
}

/** @param threads inside one operator */
export function openEngine(spec: EngineSpec, threads: number): Promise<Engine> {
  switch (spec.kind) {
    case 'onnxruntime':
      return Promise.resolve(createOnnxRuntime({ threads, provider: spec.provider }));
  }
}
