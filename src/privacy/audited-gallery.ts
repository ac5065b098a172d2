import {
  type AddedExample,
  type EmbeddedPerson,
  type FullPerson,
  type Gallery,
  type NewExample,
  type Person,
  type PersonPatch,
  refuseSelfMerge,
  type Removal,
  resolvePatch,
} from '../gallery/gallery.js';
import type { Negatives } from '../gallery/negatives.js';
import { type ConsentPolicy, requireConsent } from '../people/consent.js';
import type { Observer } from '../people/observer.js';
import { type ErrorCode, RostroError } from '../shared/errors.js';
import type { LineRef } from './audit/audit-log.js';
import type { AuditTrail, ChangeAction, Facts, Recorded } from './audit/trail.js';

export interface RecordedRemoval extends Removal {
  /** Id of the change in the audit log. */
  readonly change: string;
  readonly line: LineRef | null;
  /** Number of sightings that were erased with the person. */
  readonly sightings: number;
  /** Number of rows of attendance that were erased with the person. */
  readonly attendance: number;
}

/** What is kept of people besides the gallery. */
export interface PersonRecords {
  /** Erases a person with their records. @param erase removes the person from the gallery */
  erasing<T>(name: string, erase: () => Promise<T>): Promise<{ readonly result: T } & ErasedRecords>;
  /** Gives the records of one person to another name: a rename, or a merge into the other person. */
  renaming<T>(from: string, to: string, rename: () => Promise<T>): Promise<T>;
}
type ErasedRecords = Pick<RecordedRemoval, 'sightings' | 'attendance'>;
const NOTHING_MORE: ErasedRecords = { sightings: 0, attendance: 0 };

/** Errors that show that the storage does not accept writes. */
const WRITE_ERRORS: ReadonlySet<ErrorCode> = new Set(['storage_failed', 'gallery_locked', 'database_unreachable']);

/** For a gallery without other records. */
export const NO_RECORDS: PersonRecords = {
  erasing: async (_name, erase) => ({ result: await erase(), ...NOTHING_MORE }),
  renaming: (_from, _to, rename) => rename(),
};

/**
 * A gallery that records every change in the audit log before it returns, keeps the sightings in step, and refuses new
 * people without consent where the policy requires it. `put` copies people from archives and galleries, as they are.
 */
export class AuditedGallery implements Gallery {
  #writeFailed = false;

  constructor(
    private readonly gallery: Gallery,
    private readonly trail: AuditTrail,
    private readonly records: PersonRecords = NO_RECORDS,
    private readonly consent: ConsentPolicy = 'optional',
  ) {}

  get version(): number {
    return this.gallery.version;
  }

  /** Whether the last write failed. */
  get writeFailed(): boolean {
    return this.#writeFailed;
  }

  people(): readonly Person[] {
    return this.gallery.people();
  }

  person(name: string): Person {
    return this.gallery.person(name);
  }

  similarNames(name: string): readonly string[] {
    return this.gallery.similarNames(name);
  }

  embedded(): readonly EmbeddedPerson[] {
    return this.gallery.embedded();
  }

  embeddedPerson(name: string): Promise<EmbeddedPerson> {
    return this.gallery.embeddedPerson(name);
  }

  add(name: string, example: NewExample, patch?: PersonPatch): Promise<AddedExample> {
    const facts = ({ example: { id } }: AddedExample): Facts => ({ example: id });
    return this.#addition('enrol', name, () => this.gallery.add(name, example, this.#admitted(patch)), facts);
  }

  /** Writes one pair of lines with the number of examples. */
  addAll(name: string, examples: readonly NewExample[], patch?: PersonPatch): Promise<readonly AddedExample[]> {
    const facts = { examples: examples.length };
    const add = () => this.gallery.addAll(name, examples, this.#admitted(patch));
    return this.#addition('enrol', name, add, () => facts);
  }

  put(person: FullPerson): Promise<Person> {
    const facts = ({ examples }: Person): Facts => ({ examples: examples.length });
    return this.#addition('put', person.name, () => this.gallery.put(person), facts);
  }

  async rename(from: string, to: string): Promise<Person> {
    this.gallery.person(from);
    const rename = async () => {
      await this.trail.pseudonyms.alias(from, to);
      try {
        if (from === to) return await this.gallery.rename(from, to);
        return await this.records.renaming(from, to, () => this.gallery.rename(from, to));
      } finally {
        await this.#forget(from);
        await this.#forget(to);
      }
    };
    return (await this.#recorded('rename', from, rename)).result;
  }

  async describe(name: string, patch: PersonPatch): Promise<Person> {
    this.gallery.person(name);
    let fields = '';
    const describe = () =>
      this.gallery.describe(name, (current) => {
        const details = resolvePatch(this.#admitted(patch), current);
        fields = Object.keys(details).sort().join(' ');
        return details;
      });
    return (await this.#recorded('describe', name, describe, () => ({ fields }))).result;
  }

  /** The line has the pseudonym of `into` as subject and that of `from` as fact `merged`. */
  async merge(from: string, into: string): Promise<Person> {
    for (const name of [from, into]) this.gallery.person(name);
    refuseSelfMerge(from, into);
    const merged = await this.trail.pseudonyms.find(from);
    const merge = async () => {
      try {
        return await this.records.renaming(from, into, () => this.gallery.merge(from, into));
      } finally {
        await this.#forget(from);
      }
    };
    return (await this.#recorded('merge', into, merge, () => ({ merged }))).result;
  }

  /** The line has the pseudonym of the person who gives the example as subject, and that of the other one as fact `to`. */
  async moveExample(from: string, exampleId: string, to: string): Promise<Person> {
    for (const name of [from, to]) this.gallery.person(name);
    const into = await this.trail.pseudonyms.find(to);
    const move = () => this.gallery.moveExample(from, exampleId, to);
    const facts = { example: exampleId, to: into };
    return (await this.#recorded('move_example', from, move, () => facts)).result;
  }

  removePerson(name: string): Promise<RecordedRemoval> {
    const remove = () => this.records.erasing(name, () => this.gallery.removePerson(name));
    return this.#removal('erase_person', name, {}, remove);
  }

  removeExample(name: string, exampleId: string): Promise<RecordedRemoval> {
    const facts = { example: exampleId };
    const removeExample = () => this.gallery.removeExample(name, exampleId);
    const remove = async () => {
      const isLast = this.gallery.person(name).examples.every(({ id }) => id === exampleId);
      return isLast ? this.records.erasing(name, removeExample) : { result: await removeExample(), ...NOTHING_MORE };
    };
    return this.#removal('erase_example', name, facts, remove);
  }

  crop(name: string, exampleId: string): Promise<Uint8Array> {
    return this.gallery.crop(name, exampleId);
  }

  readonly negatives: Omit<Negatives, 'remove'> & { remove(name: string, id: string): Promise<RecordedRemoval> } = {
    add: async (name, negative) => {
      this.gallery.person(name);
      const add = () => this.gallery.negatives.add(name, negative);
      return (await this.#recorded('correct', name, add, ({ id }) => ({ negative: id }))).result;
    },
    embed: (name, id, embedding) => this.gallery.negatives.embed(name, id, embedding),
    remove: (name, id) => {
      const remove = async () => ({ result: await this.gallery.negatives.remove(name, id), ...NOTHING_MORE });
      return this.#removal('erase_negative', name, { negative: id }, remove);
    },
    crop: (name, id) => this.gallery.negatives.crop(name, id),
  };

  embeddingFileOf(name: string): string {
    return this.gallery.embeddingFileOf(name);
  }

  writtenAt(name: string): Promise<Date> {
    return this.gallery.writtenAt(name);
  }

  async isWritable(): Promise<boolean> {
    const isWritable = await this.gallery.isWritable();
    this.#writeFailed = !isWritable;
    return isWritable;
  }

  close(): Promise<void> {
    return this.gallery.close();
  }

  #admitted(patch: PersonPatch = {}): PersonPatch {
    return (current) => {
      const details = resolvePatch(patch, current);
      requireConsent(this.consent, details, current);
      return details;
    };
  }

  /** Deletes the pseudonym if the person was not enrolled. */
  async #addition<T>(
    action: ChangeAction,
    name: string,
    add: () => Promise<T>,
    facts: (result: T) => Facts,
  ): Promise<T> {
    try {
      return (await this.#recorded(action, name, add, facts)).result;
    } catch (error) {
      await this.#forget(name);
      throw error;
    }
  }

  async #removal(
    action: ChangeAction,
    name: string,
    facts: Facts,
    remove: () => Promise<{ readonly result: Removal } & ErasedRecords>,
  ): Promise<RecordedRemoval> {
    this.gallery.person(name);
    const removeAndForget = async () => {
      const { result, ...erased } = await remove();
      await this.#forget(name);
      return { ...result, ...erased };
    };
    const factsOf = ({ files, remaining, sightings, attendance }: Removal & ErasedRecords) => ({
      ...facts,
      files: files.length,
      remaining: remaining.length,
      ...(sightings > 0 && { sightings }),
      ...(attendance > 0 && { attendance }),
    });
    const { result, change, line } = await this.#recorded(action, name, removeAndForget, factsOf);
    return { ...result, change, line };
  }

  async #recorded<T>(
    action: ChangeAction,
    name: string,
    work: () => Promise<T>,
    facts?: (result: T) => Facts,
  ): Promise<Recorded<T>> {
    try {
      const recorded = await this.trail.change(action, name, work, facts);
      this.#writeFailed = false;
      return recorded;
    } catch (error) {
      if (error instanceof RostroError && WRITE_ERRORS.has(error.code)) this.#writeFailed = true;
      throw error;
    }
  }

  /** Ignores errors: the next start deletes the pseudonym. */
  #forget(name: string): Promise<void> {
    const isEnrolled = () => this.gallery.people().some((person) => person.name === name);
    return this.trail.pseudonyms.forget(name, isEnrolled).catch(() => undefined);
  }
}

/** Records recognition results in the audit log; of video frames, only the changes. */
export function auditObserver(trail: AuditTrail): Observer {
  return {
    photoProcessed: () => undefined,
    facesNamed(use, _matches, changes) {
      const decisions = changes.map(({ name, distance }) => ({ name, distance }));
      if (use === 'recognize' || decisions.length > 0) trail.noteLookup(use, decisions);
    },
    facesCompared(same, distance) {
      trail.noteLookup('verify', [], { same, distance });
    },
    dataRead: (name, facts) => trail.noteRead(name, facts),
    challengeEnded: () => undefined,
    workerRestarted: () => undefined,
  };
}
