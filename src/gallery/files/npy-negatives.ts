import { join } from 'node:path';
import { storageFailed } from '../errors.js';
import type { Removal } from '../gallery.js';
import {
  type Negative,
  negativeOf,
  type Negatives,
  type NewNegative,
  noCropOfNegative,
  refuseTooMany,
} from '../negatives.js';
import { checkEmbedding, newExampleId } from '../person-rows.js';
import type { PersonRecord, PlannedChange } from './change-parts.js';
import type { ChangePlanner } from './change-planner.js';
import type { ChangeWriter, WriteQueue } from './change-writer.js';
import type { Disk } from './disk.js';
import { negativeCropFile } from './layout.js';
import type { PeopleIndex } from './people-index.js';

export interface NpyNegativesParts {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly contract: { readonly dimension: number };
  readonly people: PeopleIndex;
  readonly planner: ChangePlanner;
  readonly writes: WriteQueue;
  readonly writer: ChangeWriter;
  readonly remove: (before: PersonRecord, planned: PlannedChange<PersonRecord>) => Promise<Removal>;
}

/** Negatives in the sidecars, with their crops beside those of the examples. Writing the sidecar is the commit. */
export class NpyNegatives implements Negatives {
  constructor(private readonly parts: NpyNegativesParts) {}

  add(name: string, { embedding, crop, details, nearest }: NewNegative): Promise<Negative> {
    const own = embedding.slice();
    return this.parts.writes.run(async () => {
      checkEmbedding(own, this.parts.contract.dimension);
      const before = this.parts.people.get(name);
      refuseTooMany(before.person);
      const id = newExampleId();
      const path = negativeCropFile(before.stem, id);
      const addedAt = new Date().toISOString();
      const negative: Negative = { id, crop: path, addedAt, details, nearest, embedding: own };
      const negatives = [...(before.person.negatives ?? []), negative];
      await this.change(before, negatives, { newFiles: [{ path, bytes: crop }] });
      return negative;
    });
  }

  embed(name: string, id: string, embedding: Float32Array): Promise<void> {
    const own = embedding.slice();
    return this.parts.writes.run(async () => {
      checkEmbedding(own, this.parts.contract.dimension);
      const before = this.parts.people.get(name);
      const known = negativeOf(before.person, id);
      const negatives = before.person.negatives!.map((one) => (one === known ? { ...one, embedding: own } : one));
      await this.change(before, negatives, {});
    });
  }

  remove(name: string, id: string): Promise<Removal> {
    return this.parts.writes.run(async () => {
      const before = this.parts.people.get(name);
      const { crop } = negativeOf(before.person, id);
      const negatives = before.person.negatives!.filter((one) => one.id !== id);
      const remove = crop === null ? [] : [crop];
      return this.parts.remove(before, this.parts.planner.negatives(before, negatives, { remove }));
    });
  }

  async crop(name: string, id: string): Promise<Uint8Array> {
    const { person } = this.parts.people.get(name);
    const { crop } = negativeOf(person, id);
    const bytes = crop && (await this.parts.disk.read(join(this.parts.dataDir, crop)).catch(unreadable));
    if (!bytes) throw noCropOfNegative(person);
    return bytes;
  }

  private change(
    before: PersonRecord,
    negatives: readonly Negative[],
    files: Parameters<ChangePlanner['negatives']>[2],
  ): Promise<void> {
    const { change, after } = this.parts.planner.negatives(before, negatives, files);
    return this.parts.writer.execute(change, () => {
      this.parts.people.replace(before, after);
    });
  }
}

function unreadable(error: unknown): never {
  throw storageFailed('The photo could not be read', error);
}
