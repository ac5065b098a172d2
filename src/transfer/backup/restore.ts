import { isDeepStrictEqual } from 'node:util';
import type { Attendance } from '../../attendance/attendance.js';
import {
  type EmbeddedPerson,
  type FullExample,
  type FullPerson,
  type Gallery,
  mergeDetails,
  sameDetails,
} from '../../gallery/gallery.js';
import { fullNegatives, MAX_NEGATIVES } from '../../gallery/negatives.js';
import type { AddedData, PluginData } from '../../privacy/plugin-data.js';
import { RostroError } from '../../shared/errors.js';
import { hasLostCharacters } from '../../shared/text-encoding.js';
import type { Manifest } from './format.js';
import type { OpenBackup } from './open-backup.js';

export interface RestoreOptions {
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'put' | 'crop' | 'negatives'>;
  readonly attendance: Pick<Attendance, 'restore'>;
  readonly pluginData: readonly Pick<PluginData, 'field' | 'title' | 'schema' | 'addAll'>[];
  /** Contract of the gallery. */
  readonly contract: Manifest['contract'];
  /**
   * Whether to replace enrolled people and sessions of attendance that are here; otherwise missing examples and details, and
   * missing rows, are added to them.
   */
  readonly replace: boolean;
  /** Computes an embedding from the crop, null where there is no face. Null to refuse archives of another embedder. */
  readonly reembed: ((example: FullExample) => Promise<Float32Array | null>) | null;
  readonly signal?: AbortSignal;
  readonly onPerson?: (done: number, total: number, step: 'verified' | 'restored') => void;
}

export interface RestoreReport {
  readonly people: number;
  added: number;
  merged: number;
  replaced: number;
  unchanged: number;
  /** Names of people without any example that could be embedded. */
  readonly unable: string[];
  /** People who were left out because their names have lost characters (U+FFFD). */
  readonly lostNames: string[];
  /** Number of examples that could not be embedded, of all people. */
  examplesLeftOut: number;
  /** Numbers of sessions; `merged` got rows that they lacked. */
  readonly attendance: {
    readonly sessions: number;
    added: number;
    merged: number;
    replaced: number;
    unchanged: number;
  };
  readonly pluginData: readonly AddedData[];
  /** False where the restore was stopped. */
  complete: boolean;
}

/**
 * Restores an archive into a gallery. Verifies the whole archive before the first change. Each person is one write, and so is
 * each session of attendance, which gets the rows of people who are enrolled. What is already equal is skipped, so that a
 * stopped restore can be continued by running it again.
 * @throws RostroError `bad_archive`, `encryption_key_wrong`, `gallery_contract_mismatch`, `id_taken`: nothing was
 *   changed. `storage_failed`, `gallery_locked`: people restored before that remain
 */
export async function restoreBackup(backup: OpenBackup, options: RestoreOptions): Promise<RestoreReport> {
  const { manifest } = backup;
  const { gallery, signal, onPerson } = options;
  if (options.reembed === null) refuseOtherEmbedder(manifest.contract, options.contract);
  let verified = 0;
  const ids = await backup.verify(() => onPerson?.(++verified, manifest.people, 'verified'));
  refuseTakenIds(gallery, ids);
  const pluginEntries = options.pluginData.map((data) => ({ data, entries: backup.entriesOf(data) }));
  const pluginData = pluginEntries.map(({ data: { field, title } }) => ({ field, title, added: 0 }));
  const report: RestoreReport = {
    pluginData,
    attendance: { sessions: manifest.attendance, added: 0, merged: 0, replaced: 0, unchanged: 0 },
    people: manifest.people,
    added: 0,
    merged: 0,
    replaced: 0,
    unchanged: 0,
    unable: [],
    lostNames: [],
    examplesLeftOut: 0,
    complete: false,
  };
  let done = 0;
  for await (const archived of backup.people()) {
    if (signal?.aborted) return report;
    if (hasLostCharacters(archived.name)) report.lostNames.push(archived.name);
    else await restorePerson(archived, options, report, backup.manifest.contract);
    onPerson?.(++done, manifest.people, 'restored');
  }
  for await (const session of backup.sessions()) {
    if (signal?.aborted) return report;
    report.attendance[await options.attendance.restore(session, options.replace)]++;
  }
  for (const [i, { data, entries }] of pluginEntries.entries()) {
    pluginData[i].added = await data.addAll(entries, gallery);
  }
  report.complete = true;
  return report;
}

async function restorePerson(
  archived: FullPerson,
  options: RestoreOptions,
  report: RestoreReport,
  contract: Manifest['contract'],
): Promise<void> {
  const { gallery, replace } = options;
  const before = await personOf(gallery, archived.name);
  const target = replace || before === null ? archived : await merged(archived, before, gallery);
  if (before !== null && isSame(before, target, contract.id !== options.contract.id)) {
    report.unchanged++;
    return;
  }
  const own = new Set(before?.examples.map(({ id }) => id));
  const isForeign = contract.id !== options.contract.id;
  const examples = isForeign ? await reembedded(target, replace ? new Set() : own, options) : target.examples;
  report.examplesLeftOut += target.examples.length - examples.length;
  if (examples.length === 0) {
    report.unable.push(archived.name);
    return;
  }
  const ownNegatives = new Set(replace ? [] : before?.negatives?.map(({ id }) => id));
  const negatives = target.negatives?.map((one) =>
    isForeign && !ownNegatives.has(one.id) ? { ...one, embedding: null } : one,
  );
  await gallery.put({ ...target, examples, negatives });
  report[before === null ? 'added' : replace ? 'replaced' : 'merged']++;
}

/** The enrolled person with the missing examples of the archive appended. */
async function merged(
  archived: FullPerson,
  before: EmbeddedPerson,
  gallery: RestoreOptions['gallery'],
): Promise<FullPerson> {
  const own = new Set(before.examples.map(({ id }) => id));
  const missing = archived.examples.filter(({ id }) => !own.has(id));
  const kept: FullExample[] = [];
  for (const { crop, ...example } of before.examples) {
    kept.push({
      ...example,
      crop: crop === null ? null : await gallery.crop(before.name, example.id).catch(() => null),
    });
  }
  const crop = (id: string) => gallery.negatives.crop(before.name, id).catch(() => null);
  const { negatives: known = [] } = await fullNegatives(before, crop);
  const others = archived.negatives?.filter(({ id }) => known.every((one) => one.id !== id)) ?? [];
  const negatives = [...known, ...others.slice(0, Math.max(0, MAX_NEGATIVES - known.length))];
  const photos = { examples: [...kept, ...missing], ...(negatives.length > 0 && { negatives }) };
  return { name: before.name, ...mergeDetails(archived, before), ...photos };
}

/** @param isForeign whether the archive is of another embedder; embeddings are not compared then */
function isSame(before: EmbeddedPerson, target: FullPerson, isForeign: boolean): boolean {
  const described = (examples: readonly Pick<FullExample, 'id' | 'addedAt' | 'details' | 'embedding'>[]) =>
    examples.map(({ id, addedAt, details, embedding }) => ({
      id,
      addedAt,
      details,
      embedding: isForeign ? null : embedding,
    }));
  const others = ({ negatives = [] }: Pick<FullPerson | EmbeddedPerson, 'negatives'>) =>
    negatives.map((one) => ({ ...one, crop: null, embedding: isForeign ? null : one.embedding }));
  return (
    sameDetails(before, target) &&
    isDeepStrictEqual(plain(others(before)), plain(others(target))) &&
    isDeepStrictEqual(plain(described(before.examples)), plain(described(target.examples)))
  );
}

/** Drops undefined fields, as JSON does. */
function plain(examples: readonly { embedding: Float32Array | null }[]): unknown {
  return examples.map(({ embedding, ...rest }) => [JSON.parse(JSON.stringify(rest)), embedding] as const);
}

/** @param own ids of examples that already have embeddings of this gallery's embedder */
async function reembedded(
  { examples }: FullPerson,
  own: ReadonlySet<string>,
  { reembed }: RestoreOptions,
): Promise<FullExample[]> {
  const done: FullExample[] = [];
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
