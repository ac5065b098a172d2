import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Vault } from '../../gallery/sealing/vault.js';
import { RostroError } from '../../shared/errors.js';
import { CLASSIFIER_KINDS } from './classifier.js';

const BYTES_PER_VALUE = 4;

/** Embeddings in a JSON file: float32, little-endian as every machine that Node.js runs on has it in memory, base64. */
export const float32 = z.codec(
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

/** What a state file is sealed under, wherever it lies. */
export function sealedStateName(path: string): string {
  return `.state/${basename(path)}`;
}

/**
 * A small JSON file that Rostro can do without: what is missing, damaged, of another version or sealed with another key
 * counts as not there.
 * @returns null then
 */
export async function readState<T>(path: string, schema: z.ZodType<T>, vault: Vault): Promise<T | null> {
  try {
    const bytes = vault.open(await readFile(path), sealedStateName(path));
    const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * Replaces the file in one step, whole and synced. Only its owner may read it.
 * @throws RostroError `storage_failed`
 */
export async function writeState<T>(path: string, schema: z.ZodType<T>, value: T, vault: Vault): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      const text = JSON.stringify(z.encode(schema, value));
      await file.writeFile(vault.seal(Buffer.from(text), sealedStateName(path)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new RostroError('storage_failed', `${path} could not be written: ${code}.`, { cause });
  }
}

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

/** `match/samples.ts` */
export const samplesSchema = z
  .strictObject({ names: z.array(z.string()).readonly(), person: int32, matrix: float32, dimension: z.int().min(0) })
  .refine(({ names, person, matrix, dimension }) => {
    return matrix.length === person.length * dimension && person.every((index) => index < names.length);
  });

const machine = z
  .strictObject({ rows: int32, coefficients: float64, rho: z.number() })
  .refine(({ rows, coefficients }) => rows.length === coefficients.length);
const kernel = z.strictObject({ kind: z.enum(['linear', 'rbf']), spread: z.number().gt(0) });

/** `match/training/train.ts` */
export const classifierStateSchema = z.union([
  z.strictObject({ kind: z.enum(['nearest', 'centroid']) }),
  z.strictObject({ kind: z.literal('knn'), k: z.int().min(1) }),
  z.strictObject({
    kind: z.literal('svm'),
    svm: z.strictObject({ kernel, machines: z.array(machine.nullable()).readonly() }),
  }),
]);

/** `match/training/decision.ts` */
export const decisionSchema = z.strictObject({
  cutOff: z.number(),
  sigmoid: z.strictObject({ slope: z.number(), offset: z.number() }),
  far: share,
  strangers: z.int(),
  strangersNamed: z.int(),
  farAtMost: share,
});

/** What the classifier was asked to be. */
export const matcherOptionsSchema = z.strictObject({
  kind: z.enum(CLASSIFIER_KINDS),
  kernel: z.enum(['linear', 'rbf']),
  far: share,
});
