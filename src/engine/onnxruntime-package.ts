import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the package onnxruntime-node, found without loading it. */
const root = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));

export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * The CUDA provider. It is not in the npm package: the install script downloads it, on Linux x64 only.
 * @returns null when it was not downloaded
 */
export function cudaLibrary(): string | null {
  const path = join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
  return existsSync(path) ? path : null;
}
