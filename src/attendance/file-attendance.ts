import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { storageFailed } from '../gallery/errors.js';
import { nodeDisk } from '../gallery/files/disk.js';
import { sealedStateName } from '../gallery/sealing/state-file.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { PeopleTable } from '../history/files/people-table.js';
import { RostroError } from '../shared/errors.js';
import { makePrivateFolder, replaceFile } from '../shared/files.js';
import { parseJson } from '../shared/json.js';
import { onFirstUse, SerialQueue } from '../shared/queue.js';
import type { AttendanceStore, SessionPage } from './attendance-store.js';
import { type AttendanceSession, combineRows, rowFacts, type Row, sessionFacts } from './session.js';

const FOLDER = 'attendance';
const SESSION_FILE = /^([0-9a-f]{12}-[0-9a-f]{12})\.json$/;

/** People have keys in the files, whose names are in a {@link PeopleTable}. */
const storedSession = z.object({
  version: z.literal(1),
  ...sessionFacts.shape,
  rows: z.array(rowFacts.extend({ key: z.string() })),
});
type StoredSession = z.infer<typeof storedSession>;
type StoredRow = StoredSession['rows'][number];
type KeyedSession = Omit<AttendanceSession, 'rows'> & { readonly rows: readonly (Row & { readonly key: string })[] };

interface Opened {
  readonly sessions: Map<string, StoredSession>;
  readonly people: PeopleTable;
  /** Names of files. */
  readonly damaged: readonly string[];
}

/** The files with names, which are encrypted with the gallery. */
export function attendanceFiles(stateDir: string): string[] {
  const folder = join(stateDir, FOLDER);
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/**
 * Sessions in `.state/attendance/`, a file each, which is replaced atomically. All are in memory after the first use. The
 * caller holds the lock of the data folder, except for reading.
 */
export class FileAttendance implements AttendanceStore {
  private readonly folder: string;
  private readonly changes = new SerialQueue();
  private readonly opened = onFirstUse(() => this.open());

  constructor(
    stateDir: string,
    private readonly vault: Vault,
  ) {
    this.folder = join(stateDir, FOLDER);
  }

  put(session: AttendanceSession, isEnrolled: (name: string) => boolean): Promise<AttendanceSession> {
    return this.changing(async (opened) => {
      const rows = session.rows.filter(({ person }) => isEnrolled(person));
      const keys = await opened.people.keysFor(rows.map(({ person }) => person));
      const keyed = rows.map((row, i) => ({ ...row, key: keys[i] }));
      await this.write(opened, session.id, { ...session, rows: keyed });
      return { ...session, rows };
    });
  }

  async list({ limit, before = '~', since = '' }: SessionPage): Promise<AttendanceSession[]> {
    const opened = await this.opened();
    const ids = [...opened.sessions.keys()].filter((id) => id < before && id >= since).sort();
    return ids
      .reverse()
      .slice(0, limit)
      .map((id) => shown(id, opened));
  }

  async get(id: string): Promise<AttendanceSession | null> {
    const opened = await this.opened();
    return opened.sessions.has(id) ? shown(id, opened) : null;
  }

  change(id: string, edit: (session: AttendanceSession) => AttendanceSession): Promise<AttendanceSession | null> {
    return this.changing(async (opened) => {
      if (!opened.sessions.has(id)) return null;
      const before = shown(id, opened);
      const after = edit(before);
      // Rows are edited by spreading them, so they keep their keys.
      if (after !== before) await this.write(opened, id, after as KeyedSession);
      return after;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.changing(async (opened) => {
      if (!opened.sessions.has(id)) return false;
      await nodeDisk.remove(this.pathOf(id));
      await nodeDisk.syncFolder(this.folder);
      opened.sessions.delete(id);
      await forgetUnused(opened);
      return true;
    });
  }

  erasing<T>(name: string, erase: () => Promise<T>): Promise<{ result: T; attendance: number }> {
    return this.changing(async (opened) => {
      const keys = opened.people.keysOf(name);
      // Decides it: rows without a name in the table are removed, if need be by the next start.
      await opened.people.keep((key) => !keys.has(key));
      const attendance = await this.removeNameless(opened);
      return { result: await erase(), attendance };
    });
  }

  renaming<T>(from: string, to: string, rename: () => Promise<T>): Promise<T> {
    return this.changing(({ people }) => people.moving(from, to, rename));
  }

  recover(enrolled: ReadonlySet<string>): Promise<string[]> {
    return this.changing(async (opened) => {
      const { people, damaged } = opened;
      await people.finishMoves(enrolled);
      await people.keep((_, name) => enrolled.has(name));
      const removed = await this.removeNameless(opened);
      await forgetUnused(opened);
      return [
        ...(removed === 0 ? [] : [`${removed} rows of attendance of people who are not enrolled any more were erased`]),
        ...damaged.map((file) => `.state/${FOLDER}/${file} is damaged and is left out`),
      ];
    });
  }

  close(): Promise<void> {
    return this.changes.idle();
  }

  private async open(): Promise<Opened> {
    const people = await PeopleTable.open(this.folder, this.vault);
    const sessions = new Map<string, StoredSession>();
    const damaged: string[] = [];
    for (const { name } of await nodeDisk.list(this.folder)) {
      const id = SESSION_FILE.exec(name)?.[1];
      if (id === undefined) continue;
      const session = await this.read(id);
      if (session === null) damaged.push(name);
      else sessions.set(id, session);
    }
    return { sessions, people, damaged };
  }

  /** @returns null for a damaged file. @throws RostroError `encryption_key_wrong` */
  private async read(id: string): Promise<StoredSession | null> {
    const path = this.pathOf(id);
    try {
      const bytes = (await nodeDisk.read(path)) ?? new Uint8Array(0);
      const parsed = storedSession.safeParse(parseJson(this.vault.open(bytes, sealedStateName(path))));
      return parsed.success ? parsed.data : null;
    } catch (error) {
      if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
      throw error;
    }
  }

  private async write({ sessions }: Opened, id: string, session: KeyedSession) {
    const { title, group, camera, lateAfter, ended } = session;
    const rows = session.rows.map(({ key, seen, manual, note }): StoredRow => ({ key, seen, manual, note }));
    await this.store(sessions, id, { version: 1, title, group, camera, lateAfter, ended, rows });
  }

  private async store(sessions: Opened['sessions'], id: string, session: StoredSession): Promise<void> {
    await makePrivateFolder(this.folder);
    const path = this.pathOf(id);
    const bytes = this.vault.seal(Buffer.from(JSON.stringify(session)), sealedStateName(path));
    await replaceFile(path, bytes, { sync: 'folder' });
    sessions.set(id, session);
  }

  /** @returns how many rows were removed */
  private async removeNameless({ sessions, people }: Opened): Promise<number> {
    let removed = 0;
    for (const [id, session] of sessions) {
      const rows = session.rows.filter(({ key }) => people.nameOf(key) !== null);
      if (rows.length === session.rows.length) continue;
      await this.store(sessions, id, { ...session, rows });
      removed += session.rows.length - rows.length;
    }
    return removed;
  }

  private changing<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.changes.run(async () => {
      try {
        return await work(await this.opened());
      } catch (error) {
        throw storageFailed('The attendance could not be written', error);
      }
    });
  }

  private pathOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

function shown(id: string, { sessions, people }: Opened): KeyedSession {
  const { title, group, camera, lateAfter, ended, rows } = sessions.get(id)!;
  const named = rows.flatMap((row) => {
    const person = people.nameOf(row.key);
    return person === null ? [] : [{ ...row, person }];
  });
  return { id, title, group, camera, lateAfter, ended, rows: combineRows(named) };
}

async function forgetUnused({ sessions, people }: Opened): Promise<void> {
  const used = new Set([...sessions.values()].flatMap(({ rows }) => rows.map(({ key }) => key)));
  await people.keep((key) => used.has(key));
}
