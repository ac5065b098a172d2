import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ThreadFile {
  readonly filename: string;
  readonly execArgv?: string[];
}

/**
 * The main file of a thread, beside the module that starts it: compiled code, where all files lie in one folder
 * (`scripts/build.js`), or the TypeScript source with the tsx loader (benches).
 * @param base `import.meta.url` of the module that starts it
 */
export function threadFile(name: string, base: string): ThreadFile {
  const compiled = fileURLToPath(new URL(`./${name}.js`, base));
  if (existsSync(compiled)) return { filename: compiled };
  return { filename: fileURLToPath(new URL(`./${name}.ts`, base)), execArgv: ['--import', 'tsx'] };
}
