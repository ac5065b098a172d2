import { createRequire } from 'node:module';
import type { Piscina } from 'piscina';
import { threadFile } from './thread-file.js';

export type { Piscina } from 'piscina';

type PiscinaPackage = typeof import('piscina');
type ThreadOptions = NonNullable<ConstructorParameters<PiscinaPackage['Piscina']>[0]>;

const require = createRequire(import.meta.url);

/**
 * A pool of one thread, whose tasks the default export of its main file runs. Piscina, which takes 6 MB, is loaded with the
 * first one.
 * @param name and `base`: see {@link threadFile}
 */
export function oneThread(name: string, base: string, options: ThreadOptions): Piscina {
  const { Piscina } = require('piscina') as PiscinaPackage;
  return new Piscina({ ...threadFile(name, base), minThreads: 1, maxThreads: 1, ...options });
}
