import { fileURLToPath } from 'node:url';

/**
 * Replaces `src/shared/thread-file.ts`: threads run the compiled files, which `global-setup.ts` has just built. Loading the
 * TypeScript sources takes most of a second of a core per thread.
 */
export function threadFile(name: string, base: string): { filename: string } {
  return { filename: fileURLToPath(new URL(`./${name}.js`, base.replace('/src/', '/dist/'))) };
}
