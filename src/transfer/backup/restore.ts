import { isDeepStrictEqual } from 'node:util';
import { RostroError } from '../../shared/errors.js';
import {
  type EmbeddedPerson,
  type Gallery,
  joinedDetails,
  saysTheSame,
  type WholeExample,
  type WholePerson,
} from '../../gallery/gallery.js';
import { addSubjects, type SubjectsTarget } from '../../plugins/compreface/empty-subjects.js';
import type { Manifest } from './format.js';
import type { OpenBackup } from './open-backup.js';

export interface RestoreOptions {
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'put' | 'crop'>;
  readonly subjects: SubjectsTarget['subjects'];
  /** Of the gallery. */
  readonly contract: Manifest['contract'];
  /** Whether somebody who is there already becomes as in the archive; otherwise what the archive has besides is added. */
  readonly replace: boolean;
  /** Makes an embedding of this gallery's embedder of a kept crop, null where there is no face; null takes none but its own. */
  readonly reembed: ((example: WholeExample) => Promise<Float32Array | null>) | null;
  readonly signal?: AbortSignal;
  readonly onPerson?: (done: number, total: number, step: 'verified' | 'restored') => void;
}

export interface RestoreReport {
  readonly people: number;
  added: number;
  merged: number;
  replaced: number;
  unchanged: number;
  /** People of whom no example could be embedded anew. */
  readonly unable: string[];
  /** Examples that could not be embedded anew, of others. */
  examplesLeftOut: number;
  /** Names without examples that were not there. */
  subjects: number;
  /** Whether everybody was reached. */
  complete: boolean;
}

/**
 * Brings an archive back, into any gallery. Nothing is changed before all of it has been read and verified. One person is
 * one change; whoever is there as the archive has them is left alone, so a restore that was stopped goes on where it was.
 * @throws RostroError `bad_archive`, `encryption_key_wrong`, `gallery_contract_mismatch`, `id_taken`; nothing was changed then.
 *   `storage_failed`, `gallery_locked`: who was restored before stays
 */
export async function restoreBackup(backup: OpenBackup, options: RestoreOptions): Promise<RestoreReport> {
  const { manifest } = backup;
  const { gallery, signal, onPerson } = options;
  if (options.reembed === null) refuseOtherEmbedder(manifest.contract, options.contract);
  let verified = 0;
  const ids = await backup.verify(() => onPerson?.(++verified, manifest.people, 'verified'));
  refuseTakenIds(gallery, ids);
  const { subjects } = backup;
  const report: RestoreReport = {
    ...{ people: manifest.people, added: 0, merged: 0, replaced: 0, unchanged: 0 },
    ...{ unable: [], examplesLeftOut: 0, subjects: 0, complete: false },
  };
  let done = 0;
  for await (const archived of backup.people()) {
    if (signal?.aborted) return report;
    await restorePerson(archived, options, report, backup.manifest.contract);
    onPerson?.(++done, manifest.people, 'restored');
  }
  report.subjects = await addSubjects(options, subjects);
  report.complete = true;
  return report;
}

async function restorePerson(
  archived: WholePerson,
  options: RestoreOptions,
  report: RestoreReport,
  contract: Manifest['contract'],
): Promise<void> {
  const { gallery, replace } = options;
  const before = await personOf(gallery, archived.name);
  const wanted = replace || before === null ? archived : await merged(archived, before, gallery);
  if (before !== null && isSame(before, wanted, contract.id !== options.contract.id)) {
    report.unchanged++;
    return;
  }
  const own = new Set(before?.examples.map(({ id }) => id));
  const isForeign = contract.id !== options.contract.id;
  const examples = isForeign ? await reembedded(wanted, replace ? new Set() : own, options) : wanted.examples;
  report.examplesLeftOut += wanted.examples.length - examples.length;
  if (examples.length === 0) {
    report.unable.push(archived.name);
    return;
  }
  await gallery.put({ ...wanted, examples });
  report[before === null ? 'added' : replace ? 'replaced' : 'merged']++;
}

/** What is there stays as it is; examples with other ids come after it. */
async function merged(
  archived: WholePerson,
  before: EmbeddedPerson,
  gallery: RestoreOptions['gallery'],
): Promise<WholePerson> {
  const own = new Set(before.examples.map(({ id }) => id));
  const besides = archived.examples.filter(({ id }) => !own.has(id));
  const kept: WholeExample[] = [];
  for (const { crop, ...example } of before.examples) {
    kept.push({
      ...example,
      crop: crop === null ? null : await gallery.crop(before.name, example.id).catch(() => null),
    });
  }
  return { name: before.name, ...joinedDetails(archived, before), examples: [...kept, ...besides] };
}

/** @param isForeign embeddings cannot be compared then */
function isSame(before: EmbeddedPerson, wanted: WholePerson, isForeign: boolean): boolean {
  const described = (examples: readonly Pick<WholeExample, 'id' | 'addedAt' | 'details' | 'embedding'>[]) =>
    examples.map(({ id, addedAt, details, embedding }) => ({
      ...{ id, addedAt, details },
      embedding: isForeign ? null : embedding,
    }));
  return (
    saysTheSame(before, wanted) &&
    isDeepStrictEqual(plain(described(before.examples)), plain(described(wanted.examples)))
  );
}

/** Without what is undefined, which JSON does not have. */
function plain(examples: readonly { embedding: Float32Array | null }[]): unknown {
  return examples.map(({ embedding, ...rest }) => [JSON.parse(JSON.stringify(rest)), embedding] as const);
}

/** @param own ids of examples that have embeddings of this gallery's embedder */
async function reembedded(
  { examples }: WholePerson,
  own: ReadonlySet<string>,
  { reembed }: RestoreOptions,
): Promise<WholeExample[]> {
  const done: WholeExample[] = [];
  for (const example of examples) {
    const embedding = own.has(example.id) ? example.embedding : await reembed!(example);
    if (embedding !== null) done.push({ ...example, embedding });
  }
  return done;
}

function refuseOtherEmbedder(archived: Manifest['contract'], own: Manifest['contract']): void {
  if (archived.id === own.id) return;
  throw new RostroError(
    'gallery_contract_mismatch',
    `The archive has embeddings of ${archived.name}, and ${own.name} is in use here: they say nothing to each other. Start with the settings and the network that the archive was made with, or add --reembed, which makes them anew from the kept crops. Nothing was changed.`,
    { details: { archive: archived.name, gallery: own.name } },
  );
}

function refuseTakenIds(gallery: Pick<Gallery, 'people'>, ids: ReadonlyMap<string, string>): void {
  for (const { id, name } of gallery.people()) {
    const other = id === null ? undefined : ids.get(id);
    if (other === undefined || other === name) continue;
    throw new RostroError(
      'id_taken',
      `The id "${id}" is that of "${name}" here and of "${other}" in the archive: rename one of them. Nothing was changed.`,
      { details: { name } },
    );
  }
}

async function personOf(gallery: Pick<Gallery, 'embeddedPerson'>, name: string): Promise<EmbeddedPerson | null> {
  try {
    return await gallery.embeddedPerson(name);
  } catch (error) {
    if (error instanceof RostroError && error.code === 'person_not_found') return null;
    throw error;
  }
}
