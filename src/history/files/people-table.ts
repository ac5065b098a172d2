import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { corrupt } from '../../gallery/errors.js';
import { nodeDisk } from '../../gallery/files/disk.js';
import { sealedStateName } from '../../gallery/sealing/state-file.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { makePrivateFolder, replaceFile } from '../../shared/files.js';
import { parseJson } from '../../shared/json.js';

const move = z.object({ from: z.string(), to: z.string() });
type Move = z.infer<typeof move>;
const schema = z.object({
  version: z.literal(1),
  /** Names by key. A merged person has several keys. */
  names: z.record(z.string(), z.string()),
  /** Renames and merges that have begun. */
  moves: z.array(move),
});

export function peopleTableFile(folder: string): string {
  return join(folder, 'people.json');
}

/** The names of the people in sightings, or in lists of attendance, which have keys instead: a rename and a merge change this file alone. */
export class PeopleTable {
  private constructor(
    private readonly path: string,
    private readonly vault: Vault,
    private names: Readonly<Record<string, string>>,
    private moves: readonly Move[],
  ) {}

  /** @throws RostroError `encryption_key_wrong`, `gallery_corrupt` */
  static async open(folder: string, vault: Vault): Promise<PeopleTable> {
    const path = peopleTableFile(folder);
    const stored = await nodeDisk.read(path);
    if (stored === null) return new PeopleTable(path, vault, {}, []);
    const name = sealedStateName(path);
    const read = schema.safeParse(parseJson(vault.open(stored, name)));
    if (!read.success)
      throw corrupt(`.state/${basename(folder)}/people.json`, 'it is not what this version of Rostro wrote');
    return new PeopleTable(path, vault, read.data.names, read.data.moves);
  }

  nameOf(key: string): string | null {
    return Object.hasOwn(this.names, key) ? this.names[key] : null;
  }

  keysOf(name: string): Set<string> {
    return new Set(Object.keys(this.names).filter((key) => this.names[key] === name));
  }

  /** A key of the person; it is on the disk. */
  async keyFor(name: string): Promise<string> {
    return (await this.keysFor([name]))[0];
  }

  /** A key of each person, in their order. */
  async keysFor(people: readonly string[]): Promise<string[]> {
    const known = new Map(Object.entries(this.names).map(([key, name]) => [name, key]));
    const added = people.filter((name) => !known.has(name)).map((name) => [randomUUID(), name] as const);
    if (added.length > 0) await this.write({ ...this.names, ...Object.fromEntries(added) }, this.moves);
    for (const [key, name] of added) known.set(name, key);
    return people.map((name) => known.get(name)!);
  }

  /** Drops the other keys, and their names. */
  async keep(isKept: (key: string, name: string) => boolean): Promise<void> {
    const kept = Object.entries(this.names).filter(([key, name]) => isKept(key, name));
    if (kept.length < Object.keys(this.names).length) await this.write(Object.fromEntries(kept), this.moves);
  }

  /** Notes a move before `work` makes it in the gallery, so that {@link finishMoves} can complete it. */
  async moving<T>(from: string, to: string, work: () => Promise<T>): Promise<T> {
    if (this.keysOf(from).size === 0) return work();
    const move = { from, to };
    const others = () => this.moves.filter((one) => one !== move);
    await this.write(this.names, [...this.moves, move]);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.write(this.names, others()).catch(() => undefined);
      throw error;
    }
    // The gallery has moved; if this fails, the next start completes it.
    await this.write(moved(this.names, move), others()).catch(() => (this.names = moved(this.names, move)));
    return result;
  }

  /** Completes the moves that the gallery has made and the table has not. */
  async finishMoves(enrolled: ReadonlySet<string>): Promise<void> {
    if (this.moves.length === 0) return;
    const made = this.moves.filter(({ from, to }) => !enrolled.has(from) && enrolled.has(to));
    await this.write(made.reduce(moved, this.names), []);
  }

  private async write(names: Readonly<Record<string, string>>, moves: readonly Move[]): Promise<void> {
    await makePrivateFolder(dirname(this.path));
    const json = Buffer.from(JSON.stringify({ version: 1, names, moves }));
    await replaceFile(this.path, this.vault.seal(json, sealedStateName(this.path)), { sync: 'folder' });
    [this.names, this.moves] = [names, moves];
  }
}

function moved(names: Readonly<Record<string, string>>, { from, to }: Move): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, name === from ? to : name]));
}
