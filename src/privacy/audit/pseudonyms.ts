import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { storageFailed } from '../../gallery/errors.js';
import { nodeDisk } from '../../gallery/files/disk.js';
import { sealedWith } from '../../gallery/sealing/sealed.js';
import { openState, sealedStateName } from '../../gallery/sealing/state-file.js';
import { plainVault, type Vault } from '../../gallery/sealing/vault.js';
import { makePrivateFolder, replaceFile } from '../../shared/files.js';
import { parseJson } from '../../shared/json.js';
import { SerialQueue } from '../../shared/queue.js';

/**
 * Maps names to random pseudonyms. The log contains pseudonyms only; erasing a person deletes the mapping, so that
 * the log no longer identifies them. A person who is enrolled again under the same name gets a new pseudonym. Changes
 * are synced when the promise resolves.
 */
export interface Pseudonyms {
  /** The pseudonym of the person, created if needed. */
  getOrCreate(name: string): Promise<string>;
  /** @returns null where the person has no pseudonym */
  find(name: string): Promise<string | null>;
  /** Pseudonym -> name. */
  names(): Promise<ReadonlyMap<string, string>>;
  /** Maps a second name to the same pseudonym, for a rename. The name that is not enrolled afterwards is forgotten. */
  alias(name: string, other: string): Promise<void>;
  /** Deletes the mapping unless the name is enrolled. */
  forget(name: string, isEnrolled: () => boolean): Promise<void>;
  /** At the start: deletes mappings of names that are not enrolled. @param make whether to create missing pseudonyms */
  reconcile(enrolled: readonly string[], make: boolean): Promise<void>;
}

export function newPseudonym(): string {
  return `p-${randomBytes(16).toString('hex')}`;
}

const schema = z.strictObject({
  version: z.literal(1),
  people: z.array(z.strictObject({ name: z.string(), subject: z.string() })),
});

/** @param folder of the audit log */
export function pseudonymFile(folder: string): string {
  return join(folder, 'people.json');
}

/** Pseudonyms in a JSON file, encrypted with the gallery. */
export class FilePseudonyms implements Pseudonyms {
  private people: ReadonlyMap<string, string> | null = null;
  private readonly queue = new SerialQueue();

  /** Whether the file is still plain, from an earlier version or from before the encryption. */
  private isPlain = true;

  constructor(
    private readonly folder: string,
    private readonly vault: Vault = plainVault,
  ) {}

  getOrCreate(name: string): Promise<string> {
    return this.enqueue(async (people) => {
      const known = people.get(name);
      if (known !== undefined) return known;
      const made = newPseudonym();
      await this.save(new Map(people).set(name, made));
      return made;
    });
  }

  find(name: string): Promise<string | null> {
    return this.enqueue((people) => Promise.resolve(people.get(name) ?? null));
  }

  names(): Promise<ReadonlyMap<string, string>> {
    return this.enqueue((people) => Promise.resolve(new Map([...people].map(([name, subject]) => [subject, name]))));
  }

  alias(name: string, other: string): Promise<void> {
    return this.enqueue(async (people) => {
      const subject = people.get(name);
      if (subject !== undefined) await this.save(new Map(people).set(other, subject));
    });
  }

  forget(name: string, isEnrolled: () => boolean): Promise<void> {
    return this.enqueue(async (people) => {
      if (!people.has(name) || isEnrolled()) return;
      const kept = new Map(people);
      kept.delete(name);
      await this.save(kept);
    });
  }

  reconcile(enrolled: readonly string[], make: boolean): Promise<void> {
    return this.enqueue(async (people) => {
      const reconciled = new Map(
        enrolled.flatMap((name) => {
          const subject = people.get(name) ?? (make ? newPseudonym() : undefined);
          return subject === undefined ? [] : [[name, subject]];
        }),
      );
      const isSame = reconciled.size === people.size && [...reconciled.keys()].every((name) => people.has(name));
      const isSealed = !this.vault.encrypts || !this.isPlain || people.size === 0;
      if (!isSame || !isSealed) await this.save(reconciled);
    });
  }

  private enqueue<T>(work: (people: ReadonlyMap<string, string>) => Promise<T>): Promise<T> {
    return this.queue.run(async () => work((this.people ??= await this.load())));
  }

  /** An invalid file counts as empty: all people get new pseudonyms. */
  private async load(): Promise<ReadonlyMap<string, string>> {
    const bytes = await nodeDisk.read(this.file);
    this.isPlain = bytes === null || sealedWith(bytes) === null;
    const parsed = schema.safeParse(bytes === null ? null : parseJson(openState(bytes, this.file, this.vault)));
    return new Map(parsed.data?.people.map(({ name, subject }) => [name, subject]));
  }

  private async save(people: ReadonlyMap<string, string>): Promise<void> {
    const entries = [...people].map(([name, subject]) => ({ name, subject }));
    try {
      await makePrivateFolder(this.folder);
      const text = Buffer.from(JSON.stringify({ version: 1, people: entries }));
      await replaceFile(this.file, this.vault.seal(text, sealedStateName(this.file)), { sync: 'folder' });
      this.isPlain = !this.vault.encrypts;
    } catch (error) {
      throw storageFailed('The audit log could not be written', error);
    }
    this.people = people;
  }

  private get file(): string {
    return pseudonymFile(this.folder);
  }
}
