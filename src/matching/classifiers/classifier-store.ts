import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Vault } from '../../gallery/sealing/vault.js';
import { RostroError } from '../../shared/errors.js';
import type { Samples } from './samples.js';
import {
  classifierStateSchema,
  decisionSchema,
  matcherOptionsSchema,
  readState,
  samplesSchema,
  writeState,
} from './state-file.js';
import type { ClassifierState } from './training/train.js';

const people = z.array(z.strictObject({ name: z.string(), examples: z.array(z.string()) }));

const schema = z
  .strictObject({
    version: z.literal(1),
    /** Contract id of the embedder that made the embeddings. */
    contract: z.string(),
    trainedAt: z.iso.datetime(),
    options: matcherOptionsSchema,
    /**
     * What it was trained on: examples of the gallery by their ids, so that nobody's embedding outlives them here; or,
     * trained on a folder, the samples themselves.
     */
    trainedOn: z.union([z.strictObject({ people }), z.strictObject({ samples: samplesSchema })]),
    strangers: samplesSchema,
    state: classifierStateSchema,
    decision: decisionSchema,
  })
  .refine(({ trainedOn, strangers, state }) => {
    const known = 'people' in trainedOn ? countExamples(trainedOn.people) : trainedOn.samples.person.length;
    const names = 'people' in trainedOn ? trainedOn.people.length : trainedOn.samples.names.length;
    return fits(state, names, known + strangers.person.length);
  });

export type StoredClassifier = z.infer<typeof schema>;
/** The gallery as a classifier saw it: who, and which examples, in their order. */
export type SeenPeople = z.infer<typeof people>;

/** The file of the classifier that was trained on the gallery; the server keeps it up to date. */
export function galleryClassifierFile(stateDir: string): string {
  return join(stateDir, 'classifier.json');
}

/** Where `rostro train FOLDER` puts its classifier unless told otherwise. */
export function folderClassifierFile(stateDir: string): string {
  return join(stateDir, 'folder-classifier.json');
}

/** @returns null where there is none, or none that can be used with this embedder */
export async function loadClassifier(path: string, contract: string, vault: Vault): Promise<StoredClassifier | null> {
  const stored = await readState(path, schema, vault);
  return stored?.contract === contract ? stored : null;
}

/** @throws RostroError `classifier_missing`, saying what is wrong with the file */
export async function requireClassifier(path: string, contract: string, vault: Vault): Promise<StoredClassifier> {
  const stored = await readState(path, schema, vault);
  if (stored === null) {
    throw new RostroError('classifier_missing', `${path} holds no classifier; "rostro train" makes one.`);
  }
  if (stored.contract === contract) return stored;
  throw new RostroError(
    'classifier_missing',
    `${path} was trained on embeddings of another embedder; run "rostro train" with the one that is set now.`,
  );
}

/** @throws RostroError `storage_failed` */
export function saveClassifier(path: string, stored: StoredClassifier, vault: Vault): Promise<void> {
  return writeState(path, schema, stored, vault);
}

/** So that the names of people who are gone do not stay in it. */
export function discardClassifier(path: string): Promise<void> {
  return rm(path, { force: true });
}

export function seenPeople(
  everyone: readonly { readonly name: string; readonly examples: readonly { readonly id: string }[] }[],
): SeenPeople {
  return everyone.map(({ name, examples }) => ({ name, examples: examples.map(({ id }) => id) }));
}

function fits(state: ClassifierState, names: number, rows: number): boolean {
  if (state.kind !== 'svm') return true;
  const { machines } = state.svm;
  return machines.length === names && machines.every((machine) => machine?.rows.every((row) => row < rows) ?? true);
}

function countExamples(seen: SeenPeople): number {
  return seen.reduce((sum, { examples }) => sum + examples.length, 0);
}

/** Nobody, for where no strangers are known. */
export function noSamples(dimension: number): Samples {
  return { names: [], person: new Int32Array(), matrix: new Float32Array(), dimension };
}

const strangersSchema = z.strictObject({ version: z.literal(1), contract: z.string(), samples: samplesSchema });

export function strangersFile(stateDir: string): string {
  return join(stateDir, 'strangers.json');
}

/** Photos of strangers that were given once, as embeddings; null where there are none of this embedder. */
export async function loadStrangers(stateDir: string, contract: string, vault: Vault): Promise<Samples | null> {
  const stored = await readState(strangersFile(stateDir), strangersSchema, vault);
  return stored?.contract === contract ? stored.samples : null;
}

/** Remembers them, in place of the ones before. @throws RostroError `storage_failed` */
export function saveStrangers(stateDir: string, contract: string, samples: Samples, vault: Vault): Promise<void> {
  return writeState(strangersFile(stateDir), strangersSchema, { version: 1, contract, samples }, vault);
}
