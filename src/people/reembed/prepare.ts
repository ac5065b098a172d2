import type { RowsBeside } from '../../gallery/reembed/rows-beside.js';
import type { EmbeddedExample, EmbeddedPerson } from '../../gallery/gallery.js';
import { hashRow } from '../../gallery/person-rows.js';
import { concurrently } from '../../evaluation/concurrently.js';

/** The gallery that is served, as whoever prepares beside it sees it. */
export interface ReembedSource {
  /**
   * Everyone as they are now, whatever embedder their rows are of. An embedding is empty (of length 0) where the embedder
   * that the gallery answers with made none.
   */
  people(): Promise<readonly EmbeddedPerson[]>;
  crop(example: EmbeddedExample): Promise<Uint8Array | null>;
  /** Whether the example is still there. */
  has(example: EmbeddedExample): Promise<boolean>;
}

export interface PrepareOptions {
  readonly source: ReembedSource;
  readonly rows: RowsBeside;
  /** @returns the embedding of the face in a kept crop, null where it finds none */
  readonly embedCrop: (crop: Uint8Array, example: EmbeddedExample) => Promise<Float32Array | null>;
  /** Crops that are worked on at once. */
  readonly concurrency: number;
  readonly onExample?: (done: number, total: number, wasThere: boolean) => void;
  /** Stops after the crops that are under way; the next call goes on. */
  readonly signal?: AbortSignal;
}

export interface UnableExample {
  readonly name: string;
  readonly example: string;
  /** `no_crop`: none was kept, or it is gone; `no_face`: the crop shows none to this detector and embedder. */
  readonly why: 'no_crop' | 'no_face';
}

/** A person with rows of the other embedder; examples without one are left out. */
export interface Reembedded {
  readonly person: EmbeddedPerson;
  readonly examples: readonly EmbeddedExample[];
}

export interface Prepared {
  readonly people: readonly Reembedded[];
  readonly unable: readonly UnableExample[];
  /** How many were embedded now. */
  readonly embedded: number;
}

/**
 * Makes the rows of another embedder beside those that the gallery answers with, from the kept crops. Who is enrolled or
 * erased meanwhile is caught up with before it ends; what an earlier call made is not made again.
 * @throws RostroError `storage_failed` and those of the source; the first failure of the pipeline that is not the crop's
 */
export async function prepareRows(options: PrepareOptions): Promise<Prepared> {
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
  await concurrently(examples, concurrency, work, signal);
  return embedded;
}

/** @returns false where there is nothing to embed (any more) */
async function embedOne(example: EmbeddedExample, { source, rows, embedCrop }: PrepareOptions): Promise<boolean> {
  const crop = await source.crop(example);
  if (crop === null) return false;
  await rows.write(example, { of: hashRow(example.embedding), row: await embedCrop(crop, example) });
  // Whoever erased the example in between has not seen the row.
  if (await source.has(example)) return true;
  await rows.forget(example);
  return false;
}

async function gather({ source, rows }: PrepareOptions): Promise<Omit<Prepared, 'embedded'>> {
  const people: Reembedded[] = [];
  const unable: UnableExample[] = [];
  for (const person of await source.people()) {
    const examples: EmbeddedExample[] = [];
    for (const example of person.examples) {
      const beside = await rows.read(example);
      const isThere = beside?.of === hashRow(example.embedding);
      if (isThere && beside.row) examples.push({ ...example, embedding: beside.row });
      else unable.push({ name: person.name, example: example.id, why: isThere ? 'no_face' : 'no_crop' });
    }
    people.push({ person, examples });
  }
  return { people, unable };
}
