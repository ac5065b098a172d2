import { join } from 'node:path';
import { z } from 'zod';
import type { Samples } from '../../match/samples.js';
import { samplesSchema } from './state-schemas.js';
import { readState, writeState } from './state-file.js';

const schema = z.strictObject({ version: z.literal(1), contract: z.string(), samples: samplesSchema });

const fileOf = (stateDir: string) => join(stateDir, 'strangers.json');

/** Photos of strangers that were given once, as embeddings; null where there are none of this embedder. */
export async function loadStrangers(stateDir: string, contract: string): Promise<Samples | null> {
  const stored = await readState(fileOf(stateDir), schema);
  return stored?.contract === contract ? stored.samples : null;
}

/** Remembers them, in place of the ones before. @throws RostroError `storage_failed` */
export function saveStrangers(stateDir: string, contract: string, samples: Samples): Promise<void> {
  return writeState(fileOf(stateDir), schema, { version: 1, contract, samples });
}
