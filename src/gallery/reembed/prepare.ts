import { forEachConcurrent } from '../../shared/queue.js';
import type { EmbeddedExample, EmbeddedPerson } from '../gallery.js';
import { hashRow } from '../person-rows.js';

/** The embedding of an example by another embedder than the gallery's. */
export interface ShadowRow {
  /** {@link hashRow} of the gallery's row. If that row has another hash now, the shadow row is outdated. */
  readonly of: string;
  /** Null where the detector finds no face in the crop. */
  readonly row: Float32Array | null;
}

/** The embedder that made a set of shadow rows. */
export interface ShadowContract {
  readonly id: string;
  readonly name: string;
  /** When the gallery switched away from this embedder, ISO 8601; null where it never used it. */
  readonly formerSince: string | null;
}

/**
 * Embeddings of a second embedder for the examples of a gallery, stored next to the gallery's own. Examples must come
 * from the matching {@link ReembedSource}. Erasing an example also erases its shadow rows.
 */
export interface ShadowRows {
  read(example: EmbeddedExample): Promise<ShadowRow | null>;
  write(example: EmbeddedExample, row: ShadowRow): Promise<void>;
  forget(example: EmbeddedExample): Promise<void>;
}

/** Read access to the gallery in use. */
export interface ReembedSource {
  /**
   * All people, whatever embedder made their rows. An embedding has length 0 where the gallery's embedder made none.
   */
  people(): Promise<readonly EmbeddedPerson[]>;
  crop(example: EmbeddedExample): Promise<Uint8Array | null>;
  /** Whether the example still exists. */
  has(example: EmbeddedExample): Promise<boolean>;
}

export interface PrepareOptions {
  readonly source: ReembedSource;
  readonly rows: ShadowRows;
  /** @returns the embedding of the face in the crop; null where there is no face */
  readonly embedCrop: (crop: Uint8Array, example: EmbeddedExample) => Promise<Float32Array | null>;
  /** Crops processed at the same time. */
  readonly concurrency: number;
  readonly onExample?: (done: number, total: number, wasThere: boolean) => void;
  /** Stops after the current crops; the next call continues. */
  readonly signal?: AbortSignal;
}

export interface SkippedExample {
  readonly name: string;
  readonly example: string;
  /** `no_crop`: no crop was stored, or it is missing; `no_face`: no face found in the crop. */
  readonly why: 'no_crop' | 'no_face';
}

/** A person with embeddings of the other embedder; examples without one are omitted. */
export interface Reembedded {
  readonly person: EmbeddedPerson;
  readonly examples: readonly EmbeddedExample[];
}

export interface PreparedRows {
  readonly people: readonly Reembedded[];
  readonly unable: readonly SkippedExample[];
  /** Number of crops embedded by this call. */
  readonly embedded: number;
}

/**
 * Computes shadow rows from the stored crops. Repeats until people who were enrolled or erased meanwhile are covered.
 * Rows of an earlier call are kept.
 * @throws RostroError `storage_failed` and those of the source; the first pipeline error that is not caused by a crop
 */
export async function prepareRows(options: PrepareOptions): Promise<PreparedRows> {
  const { source, signal } = options;
  let embedded = 0;
  for (;;) {
    const now = await embedMissing(await source.people(), options);
    embedded += now;
    if (now === 0 || signal?.aborted) break;
  }
  return { ...(await gather(options)), embedded };
}

async function embedMissing(people: readonly EmbeddedPerson[], options: PrepareOptions): Promise<number> {
  const { rows, concurrency, onExample, signal } = options;
  const examples = people.flatMap((person) => person.examples);
  let done = 0;
  let embedded = 0;
  const work = async (example: EmbeddedExample): Promise<void> => {
    const wasThere = (await rows.read(example))?.of === hashRow(example.embedding);
    if (!wasThere && (await embedOne(example, options))) embedded += 1;
    onExample?.(++done, examples.length, wasThere);
  };
  await forEachConcurrent(examples, concurrency, work, signal);
  return embedded;
}

/** @returns false where there is no crop, or the example was erased meanwhile */
async function embedOne(example: EmbeddedExample, { source, rows, embedCrop }: PrepareOptions): Promise<boolean> {
  const crop = await source.crop(example);
  if (crop === null) return false;
  await rows.write(example, { of: hashRow(example.embedding), row: await embedCrop(crop, example) });
  // An erasure that ran before the write has not deleted this row.
  if (await source.has(example)) return true;
  await rows.forget(example);
  return false;
}

async function gather({ source, rows }: PrepareOptions): Promise<Omit<PreparedRows, 'embedded'>> {
  const people: Reembedded[] = [];
  const unable: SkippedExample[] = [];
  for (const person of await source.people()) {
    const examples: EmbeddedExample[] = [];
    for (const example of person.examples) {
      const shadow = await rows.read(example);
      const isCurrent = shadow?.of === hashRow(example.embedding);
      if (isCurrent && shadow.row) examples.push({ ...example, embedding: shadow.row });
      else unable.push({ name: person.name, example: example.id, why: isCurrent ? 'no_face' : 'no_crop' });
    }
    people.push({ person, examples });
  }
  return { people, unable };
}
