import { z } from 'zod';
import type { Vault } from '../../gallery/sealing/vault.js';
import { readState } from './state-file.js';

const person = z.object({ name: z.string(), examples: z.array(z.string()) });
/** The part of a classifier's file that says who is in it, whatever embedder it is of. */
const schema = z.object({
  trainedOn: z.union([
    z.object({ people: z.array(person) }),
    z.object({ samples: z.object({ names: z.array(z.string()) }) }),
  ]),
});

/** Who a classifier was trained on; null where there is none. Of a folder's people no examples are told. */
export async function peopleInClassifier(path: string, vault: Vault): Promise<z.infer<typeof person>[] | null> {
  const stored = await readState(path, schema, vault);
  if (stored === null) return null;
  const { trainedOn } = stored;
  return 'people' in trainedOn ? trainedOn.people : trainedOn.samples.names.map((name) => ({ name, examples: [] }));
}
