import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeDisk } from '../../gallery/files/disk.js';
import { makePrivateFolder } from './private-folder.js';
import { newSubject, type Subjects } from './subjects.js';

const schema = z.strictObject({
  version: z.literal(1),
  people: z.array(z.strictObject({ name: z.string(), subject: z.string() })),
});

/** Pseudonyms in a file. */
export class FileSubjects implements Subjects {
  private people: ReadonlyMap<string, string> | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {}

  of(name: string): Promise<string> {
    return this.inTurn(async (people) => {
      const known = people.get(name);
      if (known !== undefined) return known;
      const made = newSubject();
      await this.save(new Map(people).set(name, made));
      return made;
    });
  }

  find(name: string): Promise<string | null> {
    return this.inTurn((people) => Promise.resolve(people.get(name) ?? null));
  }

  names(): Promise<ReadonlyMap<string, string>> {
    return this.inTurn((people) => Promise.resolve(new Map([...people].map(([name, subject]) => [subject, name]))));
  }

  alias(name: string, other: string): Promise<void> {
    return this.inTurn(async (people) => {
      const subject = people.get(name);
      if (subject !== undefined) await this.save(new Map(people).set(other, subject));
    });
  }

  forget(name: string, isEnrolled: () => boolean): Promise<void> {
    return this.inTurn(async (people) => {
      if (!people.has(name) || isEnrolled()) return;
      const kept = new Map(people);
      kept.delete(name);
      await this.save(kept);
    });
  }

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

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
