import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeDisk } from '../store/disk.js';
import { makePrivateFolder } from './private-folder.js';

const schema = z.strictObject({
  version: z.literal(1),
  people: z.array(z.strictObject({ name: z.string(), subject: z.string() })),
});

/**
 * The log never holds a name: it calls a person by a random number, and this file alone says whose it is. When the person
 * is erased their entry goes, and nothing that remains leads from the log to them. Whoever is enrolled again under the
 * same name gets another number. Every change is on the disk when its promise resolves.
 */
export class Subjects {
  private people: ReadonlyMap<string, string> | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {}

  /** The person's pseudonym, made where they have none. */
  of(name: string): Promise<string> {
    return this.inTurn(async (people) => {
      const known = people.get(name);
      if (known !== undefined) return known;
      const made = newSubject();
      await this.save(new Map(people).set(name, made));
      return made;
    });
  }

  /** @returns null for somebody whom the log has never mentioned */
  find(name: string): Promise<string | null> {
    return this.inTurn((people) => Promise.resolve(people.get(name) ?? null));
  }

  /** The name behind each pseudonym. */
  names(): Promise<ReadonlyMap<string, string>> {
    return this.inTurn((people) => Promise.resolve(new Map([...people].map(([name, subject]) => [subject, name]))));
  }

  /** Two names of one person, while a rename is under way: whichever is enrolled afterwards is kept. */
  alias(name: string, other: string): Promise<void> {
    return this.inTurn(async (people) => {
      const subject = people.get(name);
      if (subject !== undefined) await this.save(new Map(people).set(other, subject));
    });
  }

  /** @param isEnrolled whether somebody of that name is, after all: they are kept then */
  forget(name: string, isEnrolled: () => boolean): Promise<void> {
    return this.inTurn(async (people) => {
      if (!people.has(name) || isEnrolled()) return;
      const kept = new Map(people);
      kept.delete(name);
      await this.save(kept);
    });
  }

  /** For the start: forgets whoever is not enrolled. @param make whether those who have no pseudonym get one */
  settle(enrolled: readonly string[], make: boolean): Promise<void> {
    return this.inTurn(async (people) => {
      const settled = new Map(
        enrolled.flatMap((name) => {
          const subject = people.get(name) ?? (make ? newSubject() : undefined);
          return subject === undefined ? [] : [[name, subject]];
        }),
      );
      const isSame = settled.size === people.size && [...settled.keys()].every((name) => people.has(name));
      if (!isSame) await this.save(settled);
    });
  }

  private inTurn<T>(work: (people: ReadonlyMap<string, string>) => Promise<T>): Promise<T> {
    const result = this.turn.then(async () => work((this.people ??= await this.load())));
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** A file that cannot be read leaves everybody without a pseudonym, and they get new ones. */
  private async load(): Promise<ReadonlyMap<string, string>> {
    const bytes = await nodeDisk.read(this.file);
    const parsed = schema.safeParse(bytes === null ? null : jsonOf(bytes));
    return new Map(parsed.data?.people.map(({ name, subject }) => [name, subject]));
  }

  private async save(people: ReadonlyMap<string, string>): Promise<void> {
    const entries = [...people].map(([name, subject]) => ({ name, subject }));
    const temporary = `${this.file}.${randomUUID()}.tmp`;
    await makePrivateFolder(this.folder);
    try {
      await nodeDisk.writeNew(temporary, Buffer.from(JSON.stringify({ version: 1, people: entries })));
      await nodeDisk.rename(temporary, this.file);
    } catch (error) {
      await nodeDisk.remove(temporary).catch(() => undefined);
      throw error;
    }
    await nodeDisk.syncFolder(this.folder);
    this.people = people;
  }

  private get file(): string {
    return join(this.folder, 'people.json');
  }
}

function newSubject(): string {
  return `p-${randomBytes(16).toString('hex')}`;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
