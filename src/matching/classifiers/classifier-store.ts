import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type EmbeddedPerson, isUsedBy } from '../../gallery/gallery.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { RostroError } from '../../shared/errors.js';
import { CLASSIFIER_KINDS } from './classifier.js';
import type { Samples } from './samples.js';
import { readState, writeState } from '../../gallery/sealing/state-file.js';
import type { ClassifierState } from './training/train.js';

const BYTES_PER_VALUE = 4;

/** Embeddings in JSON: float32, little-endian (the memory layout of all platforms of Node.js), base64. */
const float32 = z.codec(
  z.base64(),
  z.custom<Float32Array>((value) => value instanceof Float32Array),
  {
    decode(text, context) {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length % BYTES_PER_VALUE === 0) return new Float32Array(Uint8Array.from(bytes).buffer);
      context.issues.push({ code: 'custom', input: text, message: 'not a whole number of values' });
      return z.NEVER;
    },
    encode: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  },
);

const int32 = z.codec(
  z.array(z.int().min(0)),
  z.custom<Int32Array>((value) => value instanceof Int32Array),
  {
    decode: (values) => Int32Array.from(values),
    encode: (values) => [...values],
  },
);
const float64 = z.codec(
  z.array(z.number()),
  z.custom<Float64Array>((value) => value instanceof Float64Array),
  {
    decode: (values) => Float64Array.from(values),
    encode: (values) => [...values],
  },
);
const share = z.number().min(0).max(1);

/** Schema of `Samples` (samples.ts). */
const samplesSchema = z
  .strictObject({ names: z.array(z.string()).readonly(), person: int32, matrix: float32, dimension: z.int().min(0) })
  .refine(({ names, person, matrix, dimension }) => {
    return matrix.length === person.length * dimension && person.every((index) => index < names.length);
  });

const machine = z
  .strictObject({ rows: int32, coefficients: float64, rho: z.number() })
  .refine(({ rows, coefficients }) => rows.length === coefficients.length);
const kernel = z.strictObject({ kind: z.enum(['linear', 'rbf']), spread: z.number().gt(0) });

/** Schema of `ClassifierState` (training/train.ts). */
const classifierStateSchema = z.union([
  z.strictObject({ kind: z.enum(['nearest', 'centroid']) }),
  z.strictObject({ kind: z.literal('knn'), k: z.int().min(1) }),
  z.strictObject({
    kind: z.literal('svm'),
    svm: z.strictObject({ kernel, machines: z.array(machine.nullable()).readonly() }),
  }),
]);

/** Schema of `Decision` (training/decision.ts). */
const decisionSchema = z.strictObject({
  cutOff: z.number(),
  sigmoid: z.strictObject({ slope: z.number(), offset: z.number() }),
  far: share,
  strangers: z.int(),
  strangersNamed: z.int(),
  farAtMost: share,
});

/** Schema of `TrainingOptions` (training/train.ts). */
const matcherOptionsSchema = z.strictObject({
  kind: z.enum(CLASSIFIER_KINDS),
  kernel: z.enum(['linear', 'rbf']),
  far: share,
});

const people = z.array(z.strictObject({ name: z.string(), examples: z.array(z.string()) }));

const schema = z
  .strictObject({
    version: z.literal(1),
    /** Contract id of the embedder. */
    contract: z.string(),
    trainedAt: z.iso.datetime(),
    options: matcherOptionsSchema,
    /**
     * The training set: ids of gallery examples, so that no embedding outlives its person here; or, for a classifier
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
/** The training set of a gallery classifier: people and their example ids, in order. */
export type TrainedPeople = z.infer<typeof people>;

/** The file of the classifier trained on the gallery, which the server keeps up to date. */
export function galleryClassifierFile(stateDir: string): string {
  return join(stateDir, 'classifier.json');
}

/** The default file of `rostro train FOLDER`. */
export function folderClassifierFile(stateDir: string): string {
  return join(stateDir, 'folder-classifier.json');
}

/** @returns null when there is none for this embedder */
export async function loadClassifier(path: string, contract: string, vault: Vault): Promise<StoredClassifier | null> {
  const stored = await readState(path, schema, vault);
  return stored?.contract === contract ? stored : null;
}

/** @throws RostroError `classifier_missing`, with the reason */
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

/** Deletes the file, so that it does not keep names of deleted people. */
export function discardClassifier(path: string): Promise<void> {
  return rm(path, { force: true });
}

/**
 * The people with the examples that a classifier learns from: those that all groups of the person use, because the
 * classifier names people for every group.
 */
export function trainablePeople(people: readonly EmbeddedPerson[]): readonly EmbeddedPerson[] {
  return people
    .map((person) => {
      const examples = person.examples.filter((example) => person.groups.every((group) => isUsedBy(group, example)));
      return examples.length === person.examples.length ? person : { ...person, examples };
    })
    .filter(({ examples }) => examples.length > 0);
}

export function trainedPeople(
  people: readonly { readonly name: string; readonly examples: readonly { readonly id: string }[] }[],
): TrainedPeople {
  return people.map(({ name, examples }) => ({ name, examples: examples.map(({ id }) => id) }));
}

function fits(state: ClassifierState, names: number, rows: number): boolean {
  if (state.kind !== 'svm') return true;
  const { machines } = state.svm;
  return machines.length === names && machines.every((machine) => machine?.rows.every((row) => row < rows) ?? true);
}

function countExamples(seen: TrainedPeople): number {
  return seen.reduce((sum, { examples }) => sum + examples.length, 0);
}

/** An empty set, for training without strangers. */
export function emptySamples(dimension: number): Samples {
  return { names: [], person: new Int32Array(), matrix: new Float32Array(), dimension };
}

const strangersSchema = z.strictObject({ version: z.literal(1), contract: z.string(), samples: samplesSchema });

export function strangersFile(stateDir: string): string {
  return join(stateDir, 'strangers.json');
}

/** Embeddings of the strangers stored earlier; null when there are none for this embedder. */
export async function loadStrangers(stateDir: string, contract: string, vault: Vault): Promise<Samples | null> {
  const stored = await readState(strangersFile(stateDir), strangersSchema, vault);
  return stored?.contract === contract ? stored.samples : null;
}

/** Stores the strangers, replacing earlier ones. @throws RostroError `storage_failed` */
export function saveStrangers(stateDir: string, contract: string, samples: Samples, vault: Vault): Promise<void> {
  return writeState(strangersFile(stateDir), strangersSchema, { version: 1, contract, samples }, vault);
}
