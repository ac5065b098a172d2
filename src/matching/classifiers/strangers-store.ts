import { join } from 'node:path';
import { z } from 'zod';
import type { Samples } from './samples.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { samplesSchema } from './state-schemas.js';
import { readState, writeState } from './state-file.js';

const schema = z.strictObject({ version: z.literal(1), contract: z.string(), samples: samplesSchema });

export function strangersFile(stateDir: string): string {
  return join(stateDir, 'strangers.json');
}

/** Photos of strangers that were given once, as embeddings; null where there are none of this embedder. */
export async function loadStrangers(stateDir: string, contract: string, vault: Vault): Promise<Samples | null> {
  const stored = await readState(strangersFile(stateDir), schema, vault);
  return stored?.contract === contract ? stored.samples : null;
}

/** Remembers them, in place of the ones before. @throws RostroError `storage_failed` */
export function saveStrangers(stateDir: string, contract: string, samples: Samples, vault: Vault): Promise<void> {
  return writeState(strangersFile(stateDir), schema, { version: 1, contract, samples }, vault);
}
