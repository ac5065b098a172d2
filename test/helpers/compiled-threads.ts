import { fileURLToPath } from 'node:url';

/**
 * In place of `src/pipeline/thread-file.ts`: threads run the compiled files, which `global-setup.ts` has just built. To load the
 * TypeScript sources takes most of a second of a core for each thread.
 */
export function threadFile(name: string, base: string): { filename: string } {
  return { filename: fileURLToPath(new URL(`./${name}.js`, base.replace('/src/', '/dist/'))) };
}
