import { join } from 'node:path';
import { z } from 'zod';
import type { Person } from '../../store/gallery.js';
import { plainVault } from '../../store/sealing/vault.js';
import { readState, writeState } from '../learning/state-file.js';
import { inOrder, type EmptySubject, type EmptySubjects } from './empty-subjects.js';

const schema = z.strictObject({
  version: z.literal(1),
  subjects: z.array(z.strictObject({ name: z.string(), group: z.string().nullable() })),
});

/** `.state/subjects.json`. Names stay readable, as in the file names of the gallery, so it is never encrypted. */
export class EmptySubjectsFile implements EmptySubjects {
  private readonly file: string;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(stateDir: string) {
    this.file = join(stateDir, 'subjects.json');
  }

  all(): Promise<readonly EmptySubject[]> {
    return this.inTurn(() => this.read());
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
    return (await readState(this.file, schema, plainVault))?.subjects ?? [];
  }

  private change(edit: (subjects: readonly EmptySubject[]) => EmptySubject[]): Promise<void> {
    return this.inTurn(async () => {
      const before = await this.read();
      const subjects = edit(before).sort(inOrder);
      if (JSON.stringify(subjects) === JSON.stringify(before)) return;
      await writeState(this.file, schema, { version: 1, subjects }, plainVault);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
