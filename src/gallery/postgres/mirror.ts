import { RostroError } from '../../shared/errors.js';
import { idTaken } from '../errors.js';
import { byName, type Person } from '../gallery.js';
import { SimilarNames } from '../similar-names.js';
import type { Session } from './database.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';

/** Identifies a change: its number in the database, and a globally unique mark. */
export interface Position {
  readonly number: number;
  /** Null before the first change. */
  readonly mark: string | null;
}

/** All people in memory, in the state of the database after a certain change. */
export class Mirror {
  private readonly byKey = new Map<number, StoredPerson>();
  private readonly keys = new Map<string, number>();
  private readonly keysById = new Map<string, number>();
  private readonly similar = new SimilarNames();
  private sorted: readonly Person[] | null = null;
  private changes = 0;
  private at: Position | null = null;

  /** Incremented with every update. */
  get version(): number {
    return this.changes;
  }

  /** Null before the first read. */
  get position(): Position | null {
    return this.at;
  }

  find(name: string): StoredPerson | null {
    const key = this.keys.get(name);
    return key === undefined ? null : this.byKey.get(key)!;
  }

  /** @returns null where the person was removed or is not yet in memory */
  nameOf(key: number): string | null {
    return this.byKey.get(key)?.person.name ?? null;
  }

  /** @throws RostroError `person_not_found` */
  get(name: string): StoredPerson {
    const found = this.find(name);
    if (!found) throw personNotFound(name);
    return found;
  }

  /** @returns the index of the example. @throws RostroError `person_not_found`, `example_not_found` */
  placeOf(name: string, exampleId: string): number {
    const place = this.get(name).person.examples.findIndex(({ id }) => id === exampleId);
    if (place < 0) throw new RostroError('example_not_found', `"${name}" has no example "${exampleId}".`);
    return place;
  }

  /** @throws RostroError `id_taken` where a person with another name has the id */
  refuseTakenId(id: string | null | undefined, name: string): void {
    const key = id === null || id === undefined ? undefined : this.keysById.get(id);
    const owner = key === undefined ? null : this.byKey.get(key)!.person;
    if (owner && owner.name !== name) throw idTaken(id!, owner);
  }

  /** Sorted by name. */
  people(): readonly Person[] {
    this.sorted ??= [...this.byKey.values()].map(({ person }) => person).sort(byName);
    return this.sorted;
  }

  /** As `Gallery.similarNames`. */
  similarTo(name: string): readonly string[] {
    return this.similar.of(name, this.keys.keys());
  }

  /**
   * Applies changes. Ignores them where the memory is already at or after that position.
   * @param keys keys of all changed people
   * @param people those of them who still exist
   */
  apply(keys: readonly number[], people: readonly StoredPerson[], to: Position): void {
    if (this.at !== null && to.number <= this.at.number) return;
    for (const key of keys) this.remove(key);
    for (const stored of people) this.add(stored);
    this.moveTo(to);
  }

  /**
   * @param since position when reading began. A restored database has lower numbers than the memory, which is allowed
   *   then
   */
  replaceAll(people: readonly StoredPerson[], to: Position, since: Position | null): void {
    if (this.at !== since && this.at !== null && to.number <= this.at.number) return;
    for (const map of [this.byKey, this.keys, this.keysById, this.similar]) map.clear();
    for (const stored of people) this.add(stored);
    this.moveTo(to);
  }

  private moveTo(to: Position): void {
    this.at = to;
    this.sorted = null;
    this.changes += 1;
  }

  private add(stored: StoredPerson): void {
    this.byKey.set(stored.key, stored);
    this.keys.set(stored.person.name, stored.key);
    this.similar.add(stored.person.name);
    if (stored.person.id !== null) this.keysById.set(stored.person.id, stored.key);
  }

  private remove(key: number): void {
    const stored = this.byKey.get(key);
    if (!stored) return;
    this.byKey.delete(key);
    if (this.keys.get(stored.person.name) === key) {
      this.keys.delete(stored.person.name);
      this.similar.remove(stored.person.name);
    }
    const { id } = stored.person;
    if (id !== null && this.keysById.get(id) === key) this.keysById.delete(id);
  }
}

export function personNotFound(name: string): RostroError {
  return new RostroError('person_not_found', `Nobody called "${name}" is enrolled.`);
}

interface ChangeRow extends Record<string, unknown> {
  readonly number: number;
  readonly mark: string;
  readonly people: number[];
}

/** With more changes than this, all people are read instead. */
const MAX_CHANGES = 20_000;

/**
 * Updates the memory to the state that the session sees.
 * @param session a snapshot, or a transaction that holds the change lock
 * @param verify whether to check that the last known change is in the database: it may have been restored or replaced
 */
export async function catchUp(
  session: Session,
  { mirror, reader }: { readonly mirror: Mirror; readonly reader: PeopleReader },
  verify = false,
): Promise<void> {
  const since = mirror.position;
  const [{ last }] = await session.query<{ last: number }>('SELECT last_change AS last FROM rostro.gallery');
  if (since === null || last < since.number || (verify && !(await hasChange(session, since)))) {
    return readAll(session, mirror, reader, last);
  }
  if (last === since.number) return;
  const changes = await session.query<ChangeRow>(
    `SELECT number, mark, people FROM rostro.changes WHERE number > $1 ORDER BY number LIMIT ${MAX_CHANGES}`,
    [since.number],
  );
  const newest = changes.at(-1);
  if (newest?.number !== last || changes.length !== last - since.number) {
    return readAll(session, mirror, reader, last);
  }
  const keys = [...new Set(changes.flatMap(({ people }) => people))];
  mirror.apply(keys, await reader.people(session, keys), { number: newest.number, mark: newest.mark });
}

async function readAll(session: Session, mirror: Mirror, reader: PeopleReader, last: number): Promise<void> {
  const since = mirror.position;
  const [change] = await session.query<{ mark: string }>('SELECT mark FROM rostro.changes WHERE number = $1', [last]);
  const everyone = await reader.everyone(session);
  mirror.replaceAll(everyone, { number: last, mark: (change as { mark: string } | undefined)?.mark ?? null }, since);
}

/** Whether the database contains the change. */
async function hasChange(session: Session, { number, mark }: Position): Promise<boolean> {
  if (mark === null) return number === 0;
  const found = await session.query('SELECT 1 FROM rostro.changes WHERE number = $1 AND mark = $2', [number, mark]);
  return found.length > 0;
}
