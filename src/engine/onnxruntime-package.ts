import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of the package onnxruntime-node, found without loading it. */
const root = dirname(dirname(require.resolve('onnxruntime-node')));

export type { InferenceSession } from 'onnxruntime-node';
export type OnnxRuntime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>;

/**
 * Loads the compiled code, which some systems refuse. Where that happens during an `import`, Node.js 20 reports a second
 * rejection that nobody can handle, and ends the process.
 * @throws the error of the system, `ERR_DLOPEN_FAILED`
 */
export function requireOnnxRuntime(): OnnxRuntime {
  return require(root) as OnnxRuntime;
}

export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * The CUDA provider. It is not in the npm package: the install script downloads it, on Linux x64 only.
 * @returns null when it was not downloaded
 */
export function cudaLibrary(): string | null {
  const path = join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
  return existsSync(path) ? path : null;
}
