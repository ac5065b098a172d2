import { readFile } from 'node:fs/promises';
import type { Engine } from '../../engine/engine.js';
import { cachedOnnx } from './cache.js';
import { hasPrelu, withFastPrelu } from './onnx/fast-prelu.js';

/**
 * The file to load for an ONNX model of another program: on ONNX Runtime's CPU provider a cached copy with PRelu rewritten
 * (`withFastPrelu`), otherwise the file itself. TensorFlow.js takes up to twice as long for the rewritten model.
 * @throws RostroError `storage_failed` when the copy cannot be stored; Error when the file cannot be read
 */
export async function runnableOnnx(engine: Engine, path: string, cacheDir: string): Promise<string> {
  if (engine.name !== 'onnxruntime' || engine.provider !== 'cpu' || !hasPrelu(await readFile(path))) return path;
  const convert = ([bytes]: Uint8Array[]) => withFastPrelu(bytes);
  return (await cachedOnnx({ cacheDir, converter: 'fast-prelu-1', sources: [path], convert })).path;
}
