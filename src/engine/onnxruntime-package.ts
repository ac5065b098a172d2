import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The files of the package onnxruntime-node, which are looked at without loading it. */
const root = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));

export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Not in the package of npm: its install script fetches it, for Linux x64 alone. Null where it was not fetched. */
export function cudaLibrary(): string | null {
  const path = join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
  return existsSync(path) ? path : null;
}
