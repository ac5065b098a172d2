import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import type { Person } from '../../gallery/gallery.js';
import { plainVault } from '../../gallery/sealing/vault.js';
import { systemCode } from '../../gallery/files/disk.js';
import { writeState } from '../../matching/classifiers/state-file.js';
import { inOrder, type EmptySubject, type EmptySubjects } from './empty-subjects.js';
import { Turns } from './turns.js';

const schema = z.strictObject({
  version: z.literal(1),
  subjects: z.array(z.strictObject({ name: z.string(), group: z.string().nullable() })),
});

/** `.state/subjects.json`. Names stay readable, as in the file names of the gallery, so it is never encrypted. A damaged file is put aside. */
export class EmptySubjectsFile implements EmptySubjects {
  private readonly file: string;
  private readonly turns = new Turns();

  constructor(stateDir: string) {
    this.file = join(stateDir, 'subjects.json');
  }

  all(): Promise<readonly EmptySubject[]> {
    return this.turns.take(() => this.read());
  }

  add(subject: EmptySubject): Promise<void> {
    return this.change((subjects) => [...subjects.filter((other) => inOrder(other, subject) !== 0), subject]);
  }

  remove(subject: EmptySubject): Promise<void> {
    return this.change((subjects) => subjects.filter((other) => inOrder(other, subject) !== 0));
  }

  forget({ name, groups }: Pick<Person, 'name' | 'groups'>): Promise<void> {
    const isTheirs = (other: EmptySubject) =>
      other.name === name && (other.group === null || groups.includes(other.group));
    return this.change((subjects) => subjects.filter((other) => !isTheirs(other)));
  }

  private async read(): Promise<readonly EmptySubject[]> {
    const text = await this.text();
    if (text === null) return [];
    const parsed = schema.safeParse(jsonIn(text));
    if (parsed.success) return parsed.data.subjects;
    await rename(this.file, `${this.file}.damaged`);
    return [];
  }

  /** @returns null where there is no file. @throws RostroError `storage_failed`: names that cannot be read now must not be written over */
  private async text(): Promise<string | null> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (cause) {
      const code = systemCode(cause);
      if (code === 'ENOENT') return null;
      throw new RostroError('storage_failed', `${this.file} cannot be read: ${code ?? ''}.`, { cause });
    }
  }

  private change(edit: (subjects: readonly EmptySubject[]) => EmptySubject[]): Promise<void> {
    return this.turns.take(async () => {
      const before = await this.read();
      const subjects = edit(before).sort(inOrder);
      if (JSON.stringify(subjects) === JSON.stringify(before)) return;
      await writeState(this.file, schema, { version: 1, subjects }, plainVault);
    });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
