import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/shared/version.js';

/**
 * Replaces `src/shared/thread-file.ts`: threads run the compiled files, which `global-setup.ts` has just built. Loading the
 * TypeScript sources takes most of a second of a core per thread.
 */
export function threadFile(name: string): { filename: string } {
  return { filename: fileURLToPath(new URL(`dist/${name}.js`, packageRoot)) };
}
