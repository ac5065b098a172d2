import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { NameRedactor } from '../events/event.js';
import type { Example, Gallery, Person } from '../gallery/gallery.js';
import { negativeOf } from '../gallery/negatives.js';
import { readState } from '../gallery/sealing/state-file.js';
import type { Vault } from '../gallery/sealing/vault.js';
import {
  discardClassifier,
  folderClassifierFile,
  galleryClassifierFile,
  trainedPeople,
  type TrainedPeople,
} from '../matching/classifiers/classifier-store.js';
import type { MatcherSource } from '../matching/matcher.js';
import { discardSavedGraph } from '../matching/search/search-thread.js';
import { type PersonSummary, summaryOf } from '../people/people.js';
import { parseEnrolledName } from '../people/person-name.js';
import { RostroError } from '../shared/errors.js';
import type { LineRef } from './audit/audit-log.js';
import type { AuditTrail } from './audit/trail.js';
import type { AuditedGallery, RecordedRemoval } from './audited-gallery.js';
import type { PluginData } from './plugin-data.js';

/** How long a key without the scope `admin` may erase an example that it added. */
export const UNDO_MS = 10 * 60_000;

export interface ErasureParts {
  readonly gallery: AuditedGallery;
  readonly matching: Pick<MatcherSource, 'retrains'>;
  readonly stateDir: string;
  readonly vault: Vault;
  /** Cameras, events and outboxes, which hold names. */
  readonly redactor?: NameRedactor;
  /** Erased before the gallery: if the server stops in between, the person can be erased again. */
  readonly pluginData?: readonly Pick<PluginData, 'forget'>[];
  /** Photos that are being imported. Erased before the gallery, too, so that none of them is enrolled afterwards. */
  readonly imports?: PendingPhotos;
  readonly now?: () => Date;
}

/** Photos of people who are being imported. */
export interface PendingPhotos {
  /** @throws RostroError `storage_failed` */
  forgetPerson(name: string, examples: readonly string[]): Promise<void>;
  /** @throws RostroError `storage_failed` */
  forgetExample(id: string): Promise<void>;
}

/**
 * Erases people and examples from all storage: rows, crops, sidecars, the classifier trained on them, the saved
 * search index, the pseudonym, stored events, sightings. Active cameras match faces again with the next frame.
 */
export class Erasure {
  private readonly now: () => Date;

  constructor(private readonly parts: ErasureParts) {
    this.now = parts.now ?? (() => new Date());
  }

  /** @throws RostroError `bad_name`, `person_not_found`, `storage_failed` */
  async person(text: string): Promise<{ deleted: PersonSummary; receipt: Receipt }> {
    const { gallery } = this.parts;
    const person = gallery.person(parseEnrolledName(text));
    await this.forgetElsewhere(person);
    const removal = await gallery.removePerson(person.name);
    const photos = [...person.examples, ...(person.negatives ?? [])];
    const receipt = await this.receipt(person.name, person.examples, removal);
    const crops = photos.filter(({ crop }) => crop !== null).length;
    return { deleted: summaryOf(person), receipt: { ...receipt, crops } };
  }

  /**
   * Erases an example, and the person with the last one.
   * @param onlyOf id of an access key: refuses examples that it did not add, or added more than {@link UNDO_MS} ago
   * @throws RostroError `bad_name`, `person_not_found`, `example_not_found`, `forbidden`, `storage_failed`
   */
  async example(text: string, id: string, onlyOf: string | null = null): Promise<Receipt> {
    const { gallery } = this.parts;
    const person = gallery.person(parseEnrolledName(text));
    const { name, examples } = person;
    const wanted = examples.find((example) => example.id === id);
    if (onlyOf !== null && wanted && !isNewOf(wanted, onlyOf, this.now())) throw notUndone();
    if (examples.every((example) => example.id === id)) await this.forgetElsewhere(person);
    else await this.parts.imports?.forgetExample(id);
    const removal = await gallery.removeExample(name, id);
    return this.receipt(
      name,
      examples.filter((example) => example.id === id),
      removal,
    );
  }

  /** Erases a negative. @throws RostroError `bad_name`, `person_not_found`, `example_not_found`, `storage_failed` */
  async negative(text: string, id: string): Promise<Receipt> {
    const { gallery } = this.parts;
    const person = gallery.person(parseEnrolledName(text));
    const { crop } = negativeOf(person, id);
    const removal = await gallery.negatives.remove(person.name, id);
    return { ...(await this.receipt(person.name, [], removal)), crops: crop === null ? 0 : 1 };
  }

  private async forgetElsewhere(person: Person): Promise<void> {
    const { imports, pluginData = [] } = this.parts;
    const examples = person.examples.map(({ id }) => id);
    await imports?.forgetPerson(person.name, examples);
    for (const data of pluginData) await data.forget(person);
  }

  private async receipt(name: string, examples: readonly Example[], removal: RecordedRemoval): Promise<Receipt> {
    const { gallery, redactor, stateDir, vault } = this.parts;
    const classifier = await this.discardDerived();
    await redactor?.redactNames(namesIn(gallery));
    const { files, remaining, change, line, sightings, attendance } = removal;
    return {
      id: change,
      erasedAt: this.now().toISOString(),
      person: name,
      examples: examples.map(({ id }) => id),
      crops: examples.filter(({ crop }) => crop !== null).length,
      files,
      remaining,
      sightings,
      attendance,
      classifier,
      elsewhere: await otherFilesNaming(stateDir, name, vault),
      audit: line,
    };
  }

  private async discardDerived(): Promise<Receipt['classifier']> {
    const { gallery, matching, stateDir, vault } = this.parts;
    await discardSavedGraph(stateDir);
    const discarded = await discardStaleClassifier(stateDir, trainedPeople(gallery.people()), vault);
    if (matching.retrains) return 'retraining';
    return discarded ? 'discarded' : 'none';
  }
}

function isNewOf({ addedAt, details }: Example, key: string, now: Date): boolean {
  return details?.addedBy === key && addedAt !== null && now.getTime() - Date.parse(addedAt) <= UNDO_MS;
}

function notUndone(): RostroError {
  return new RostroError(
    'forbidden',
    `A key without the scope "admin" may erase only photos that it added itself, up to ${UNDO_MS / 60_000} minutes after it did.`,
  );
}

function namesIn(gallery: AuditedGallery): (name: string) => boolean {
  const names = new Set(gallery.people().map(({ name }) => name));
  return (name) => names.has(name);
}

/** Confirmation of an erasure. Contains the name of the person, so do not log it. */
export interface Receipt {
  /** Id of the change in the audit log. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly erasedAt: string;
  readonly person: string;
  /** Ids of the erased examples. */
  readonly examples: readonly string[];
  /** Number of erased crops, of examples and negatives. */
  readonly crops: number;
  /** Deleted files, relative to the data folder. */
  readonly files: readonly string[];
  /** Files that could not be deleted yet. */
  readonly remaining: readonly string[];
  /** Number of erased sightings. */
  readonly sightings: number;
  /** Number of erased rows in lists of attendance. */
  readonly attendance: number;
  /** `retraining`: the classifier was deleted and the server trains a new one. */
  readonly classifier: 'retraining' | 'discarded' | 'none';
  /** Files with a person of that name that were not made from the gallery; the user has to delete them. */
  readonly elsewhere: readonly string[];
  /** Line in the audit log; null where the log is off. */
  readonly audit: LineRef | null;
}

/** Incomplete files of `writeState`. */
const TEMPORARY_FILE = /\.json\.[0-9a-f-]{36}\.tmp$/;

/**
 * Deletes the gallery's classifier if it was trained on people or examples that are no longer enrolled, whichever
 * matcher is configured: `.state/` must not contain data of erased people.
 * @returns whether it was deleted
 */
export async function discardStaleClassifier(
  stateDir: string,
  enrolled: TrainedPeople,
  vault: Vault,
): Promise<boolean> {
  const file = galleryClassifierFile(stateDir);
  const trainedOn = await peopleInClassifier(file, vault);
  if (trainedOn === null) return false;
  const idsByName = new Map(enrolled.map(({ name, examples }) => [name, new Set(examples)]));
  const isKnown = ({ name, examples }: TrainedPeople[number]) => examples.every((id) => idsByName.get(name)?.has(id));
  if (trainedOn.every(isKnown)) return false;
  await discardClassifier(file);
  return true;
}

/** State files made from photos in other folders that contain a person of that name. They are not deleted. */
export async function otherFilesNaming(stateDir: string, name: string, vault: Vault): Promise<string[]> {
  const file = folderClassifierFile(stateDir);
  const people = (await peopleInClassifier(file, vault)) ?? [];
  return people.some((person) => person.name === name) ? [`${basename(stateDir)}/${basename(file)}`] : [];
}

/** Deletes incomplete files in the given folders, at the start. */
export async function removeTemporaryFiles(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (TEMPORARY_FILE.test(name)) await rm(join(folder, name), { force: true });
  }
}

export interface FinishParts {
  readonly gallery: Pick<Gallery, 'people'>;
  readonly trail: AuditTrail;
  readonly stateDir: string;
  readonly vault: Vault;
  readonly auditFolder: string;
}

/**
 * Completes interrupted erasures and opens the audit log, at the start.
 * @returns notices, one sentence each
 * @throws RostroError `storage_failed`
 */
export async function finishErasures({ gallery, trail, stateDir, vault, auditFolder }: FinishParts): Promise<string[]> {
  const everyone = gallery.people();
  await removeTemporaryFiles(stateDir, auditFolder);
  const discarded = await discardStaleClassifier(stateDir, trainedPeople(everyone), vault);
  const notices = (await trail.log?.open()) ?? [];
  await trail.reconcile(everyone.map(({ name }) => name));
  const stale = 'a classifier was trained on people or examples that are gone; it was discarded';
  return [...(discarded ? [stale] : []), ...notices];
}

const person = z.object({ name: z.string(), examples: z.array(z.string()) });
/** The part of a classifier file that lists the people, for all embedders. */
const schema = z.object({
  trainedOn: z.union([
    z.object({ people: z.array(person) }),
    z.object({ samples: z.object({ names: z.array(z.string()) }) }),
  ]),
});

/**
 * People that a classifier was trained on; null where there is none. Without examples for classifiers made from
 * folders.
 */
export async function peopleInClassifier(path: string, vault: Vault): Promise<z.infer<typeof person>[] | null> {
  const stored = await readState(path, schema, vault);
  if (stored === null) return null;
  const { trainedOn } = stored;
  return 'people' in trainedOn ? trainedOn.people : trainedOn.samples.names.map((name) => ({ name, examples: [] }));
}
