import {
  type AddedExample,
  type EmbeddedPerson,
  type Gallery,
  type NewExample,
  type Person,
  refuseMergingWithSelf,
  type Removal,
  type Said,
  saidOf,
  type WholePerson,
} from '../gallery/gallery.js';
import type { Observer } from '../people/observer.js';
import { type ErrorCode, RostroError } from '../shared/errors.js';
import type { LineRef } from './audit/audit-log.js';
import type { AuditTrail, ChangeAction, Facts, Recorded } from './audit/trail.js';

export interface RecordedRemoval extends Removal {
  /** The number that the audit log knows the erasure by. */
  readonly change: string;
  readonly line: LineRef | null;
}

/** Why the disk did not take a change. */
const NOT_TAKEN: ReadonlySet<ErrorCode> = new Set(['storage_failed', 'gallery_locked', 'database_unreachable']);

/** A gallery whose every change is in the audit log, whoever makes it, before it is answered. */
export class AuditedGallery implements Gallery {
  #writeFailed = false;

  constructor(
    private readonly gallery: Gallery,
    private readonly trail: AuditTrail,
  ) {}

  get version(): number {
    return this.gallery.version;
  }

  /** Whether the disk did not take the last change. */
  get writeFailed(): boolean {
    return this.#writeFailed;
  }

  people(): readonly Person[] {
    return this.gallery.people();
  }

  person(name: string): Person {
    return this.gallery.person(name);
  }

  embedded(): readonly EmbeddedPerson[] {
    return this.gallery.embedded();
  }

  embeddedPerson(name: string): Promise<EmbeddedPerson> {
    return this.gallery.embeddedPerson(name);
  }

  add(name: string, example: NewExample, said?: Said): Promise<AddedExample> {
    const facts = ({ example: { id } }: AddedExample): Facts => ({ example: id });
    return this.#addition('enrol', name, () => this.gallery.add(name, example, said), facts);
  }

  /** One pair of lines, which says how many. */
  addAll(name: string, examples: readonly NewExample[], said?: Said): Promise<readonly AddedExample[]> {
    const facts = { examples: examples.length };
    const add = () => this.gallery.addAll(name, examples, said);
    return this.#addition('enrol', name, add, () => facts);
  }

  put(person: WholePerson): Promise<Person> {
    const facts = ({ examples }: Person): Facts => ({ examples: examples.length });
    return this.#addition('put', person.name, () => this.gallery.put(person), facts);
  }

  async rename(from: string, to: string): Promise<Person> {
    this.gallery.person(from);
    const rename = async () => {
      await this.trail.subjects.alias(from, to);
      try {
        return await this.gallery.rename(from, to);
      } finally {
        await this.#forget(from);
        await this.#forget(to);
      }
    };
    return (await this.#recorded('rename', from, rename)).result;
  }

  async describe(name: string, said: Said): Promise<Person> {
    this.gallery.person(name);
    let fields = '';
    const describe = () =>
      this.gallery.describe(name, (known) => {
        const details = saidOf(said, known);
        fields = Object.keys(details).sort().join(' ');
        return details;
      });
    return (await this.#recorded('describe', name, describe, () => ({ fields }))).result;
  }

  /** The line is about `into` and says under which pseudonym `from` was known. */
  async merge(from: string, into: string): Promise<Person> {
    for (const name of [from, into]) this.gallery.person(name);
    refuseMergingWithSelf(from, into);
    const merged = await this.trail.subjects.find(from);
    const merge = async () => {
      try {
        return await this.gallery.merge(from, into);
      } finally {
        await this.#forget(from);
      }
    };
    return (await this.#recorded('merge', into, merge, () => ({ merged }))).result;
  }

  removePerson(name: string): Promise<RecordedRemoval> {
    return this.#removal('erase_person', name, {}, () => this.gallery.removePerson(name));
  }

  removeExample(name: string, exampleId: string): Promise<RecordedRemoval> {
    const facts = { example: exampleId };
    return this.#removal('erase_example', name, facts, () => this.gallery.removeExample(name, exampleId));
  }

  crop(name: string, exampleId: string): Promise<Uint8Array> {
    return this.gallery.crop(name, exampleId);
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

  /** Whoever is not enrolled after all keeps no pseudonym. */
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
    remove: () => Promise<Removal>,
  ): Promise<RecordedRemoval> {
    this.gallery.person(name);
    const removeAndForget = async () => {
      const removal = await remove();
      await this.#forget(name);
      return removal;
    };
    const factsOf = ({ files, remaining }: Removal) => ({ ...facts, files: files.length, remaining: remaining.length });
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
      if (error instanceof RostroError && NOT_TAKEN.has(error.code)) this.#writeFailed = true;
      throw error;
    }
  }

  /** What cannot be forgotten now is forgotten at the next start. */
  #forget(name: string): Promise<void> {
    const isEnrolled = () => this.gallery.people().some((person) => person.name === name);
    return this.trail.subjects.forget(name, isEnrolled).catch(() => undefined);
  }
}

/** Writes into the audit log whom the server took faces for: of a camera's frames, only what is new in them. */
export function auditedLooks(trail: AuditTrail): Observer {
  return {
    looked: () => undefined,
    named(use, _matches, news) {
      const decisions = news.map(({ name, distance }) => ({ name, distance }));
      if (use === 'recognize' || decisions.length > 0) trail.look(use, decisions);
    },
    compared(same, distance) {
      trail.look('verify', [], { same, distance });
    },
    workerRestarted: () => undefined,
  };
}
