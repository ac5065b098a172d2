import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ThreadFile {
  readonly filename: string;
  readonly execArgv?: string[];
}

/**
 * The file that a thread runs, beside the one that starts it: compiled code as it lies; from TypeScript sources (benches)
 * with the tsx loader.
 * @param base `import.meta.url` of the one that starts it
 */
export function threadFile(name: string, base: string): ThreadFile {
  const compiled = fileURLToPath(new URL(`./${name}.js`, base));
  if (existsSync(compiled)) return { filename: compiled };
  return { filename: fileURLToPath(new URL(`./${name}.ts`, base)), execArgv: ['--import', 'tsx'] };
}
