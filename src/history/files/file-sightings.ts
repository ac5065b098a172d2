import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import { storageFailed } from '../../gallery/errors.js';
import { sealedStateName } from '../../gallery/sealing/state-file.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { replaceFile } from '../../shared/files.js';
import { forEachConcurrent, onFirstUse, SerialQueue } from '../../shared/queue.js';
import { decodeFace, encodeFace } from '../face-bytes.js';
import type { HistorySummary, SightingPage, SightingStore } from '../sighting-store.js';
import {
  daysBefore,
  firstSeen,
  type NewSighting,
  type Sighting,
  type SightingChange,
  type SightingFace,
  type SightingFilter,
  type StrangerMark,
  type StrangerSighting,
} from '../sighting.js';
import { DAY_FOLDER, DayLog, HISTORY_FOLDER, type StoredSighting } from './day-log.js';
import { PeopleTable } from './people-table.js';
import { SightingIndex } from './sighting-index.js';

/** Faces that are read at once. */
const READ_AT_ONCE = 8;
/** Logs that are rewritten at once. */
const DAYS_AT_ONCE = 4;

interface Opened {
  readonly index: SightingIndex;
  readonly people: PeopleTable;
  readonly damaged: number;
}

/**
 * Sightings in `.state/history/`: a folder a day with a log and a file for each face. The logs are in memory, the faces
 * are read when they are asked for. Nothing is read before the first use, and nothing is written without a sighting. The
 * caller holds the lock of the data folder, except for reading.
 */
export class FileSightings implements SightingStore {
  private readonly folder: string;
  private readonly days = new Map<string, DayLog>();
  private readonly changes = new SerialQueue();
  private readonly opened = onFirstUse(() => this.open());

  constructor(
    stateDir: string,
    private readonly vault: Vault,
  ) {
    this.folder = join(stateDir, HISTORY_FOLDER);
  }

  add(sighting: NewSighting, face: SightingFace, isEnrolled: () => boolean): Promise<boolean> {
    return this.change(async ({ index, people }) => {
      const { person, last, ...facts } = sighting;
      if (person !== null && !isEnrolled()) return false;
      const day = this.dayOf(sighting.id);
      await day.create();
      const key = person === null ? null : await people.keyFor(person);
      await this.writeFace(day, sighting.id, face);
      const none = { stranger: null, mark: null };
      const stored = { ...facts, ...none, person: key, last: last.getTime(), hasCrop: face.crop !== null };
      await day.append(stored);
      index.put(stored);
      return true;
    });
  }

  update(id: string, { last, ...facts }: SightingChange, face: SightingFace | null): Promise<boolean> {
    return this.change(async ({ index }) => {
      const before = index.get(id);
      if (before === undefined) return false;
      const day = this.dayOf(id);
      if (face !== null) await this.writeFace(day, id, face);
      const hasCrop = face === null ? before.hasCrop : face.crop !== null;
      const after = { ...before, ...facts, last: last.getTime(), hasCrop };
      await day.append(after);
      index.put(after);
      return true;
    });
  }

  assign(id: string, person: string | null, isEnrolled: () => boolean): Promise<boolean> {
    return this.change(async ({ index, people }) => {
      const before = index.get(id);
      if (before === undefined || (person !== null && !isEnrolled())) return false;
      const key = person === null ? null : await people.keyFor(person);
      const after = { ...before, person: key, stranger: null, mark: null };
      await this.dayOf(id).append(after);
      index.put(after);
      return true;
    });
  }

  place(ids: readonly string[], stranger: string, mark: StrangerMark | null): Promise<void> {
    return this.change(async ({ index }) => {
      const found = ids.flatMap((id) => index.get(id) ?? []).filter(({ person }) => person === null);
      for (const name of new Set(found.map(({ id }) => dayName(id)))) {
        const after = found.filter(({ id }) => dayName(id) === name).map((one) => ({ ...one, stranger, mark }));
        await this.day(name).append(...after);
        for (const one of after) index.put(one);
      }
    });
  }

  async strangers(limit: number): Promise<StrangerSighting[]> {
    const opened = await this.opened();
    return this.find(opened, { stranger: true }, { limit }).map((one) => ({ ...one, last: new Date(one.last) }));
  }

  async list(filter: SightingFilter, page: SightingPage): Promise<Sighting[]> {
    const opened = await this.opened();
    return this.find(opened, filter, page).map((stored) => this.shown(stored, opened));
  }

  async get(id: string): Promise<Sighting | null> {
    const opened = await this.opened();
    const stored = opened.index.get(id);
    return stored === undefined ? null : this.shown(stored, opened);
  }

  async face(id: string): Promise<SightingFace | null> {
    const { index } = await this.opened();
    if (index.get(id) === undefined) return null;
    const path = this.dayOf(id).facePath(id);
    const stored = await nodeDisk.read(path);
    return stored && decodeFace(this.vault.open(stored, sealedStateName(path)), `.state/${HISTORY_FOLDER}/${id}`);
  }

  async faces(ids: readonly string[]): Promise<ReadonlyMap<string, SightingFace>> {
    const found = new Map<string, SightingFace>();
    await forEachConcurrent(ids, READ_AT_ONCE, async (id) => {
      const face = await this.face(id);
      if (face !== null) found.set(id, face);
    });
    return found;
  }

  remove(filter: SightingFilter): Promise<number> {
    return this.change((opened) => {
      const found = this.find(opened, filter, { limit: Infinity });
      return this.erase(opened, new Set(found.map(({ id }) => id)));
    });
  }

  removeOne(id: string): Promise<boolean> {
    return this.change(async (opened) => {
      if (opened.index.get(id) === undefined) return false;
      await this.erase(opened, new Set([id]));
      return true;
    });
  }

  prune(now: Date, days: number): Promise<number> {
    return this.remove(days > 0 ? { to: daysBefore(days, now) } : {});
  }

  erasing<T>(name: string, erase: () => Promise<T>): Promise<{ result: T; sightings: number }> {
    return this.change(async (opened) => {
      const { index, people } = opened;
      const keys = people.keysOf(name);
      // Decides it: sightings without a name in the table are erased, if need be by the next start.
      await people.keep((key) => !keys.has(key));
      const gone = [...index.people].filter((key) => people.nameOf(key) === null);
      const sightings = await this.erase(opened, index.idsOf(new Set(gone)));
      return { result: await erase(), sightings };
    });
  }

  renaming<T>(from: string, to: string, rename: () => Promise<T>): Promise<T> {
    return this.change(({ people }) => people.moving(from, to, rename));
  }

  async summary(): Promise<HistorySummary> {
    const { index } = await this.opened();
    const since = index.oldest === undefined ? null : firstSeen(index.oldest.id);
    return { count: index.size, since, strangers: index.strangers };
  }

  recover(enrolled: ReadonlySet<string>): Promise<string[]> {
    return this.change(async (opened) => {
      const { index, people, damaged } = opened;
      await people.finishMoves(enrolled);
      const isKnown = (key: string) => enrolled.has(people.nameOf(key) ?? '');
      const gone = [...index.people].filter((key) => !isKnown(key));
      const erased = await this.erase(opened, index.idsOf(new Set(gone)));
      await people.keep(isKnown);
      for (const [name, day] of this.days) await day.tidy(new Set(index.idsOn(name)));
      return [
        ...(erased === 0 ? [] : [`${erased} sightings of people who are not enrolled any more were erased`]),
        ...(damaged === 0 ? [] : [`${damaged} lines of the history are damaged and are left out`]),
      ];
    });
  }

  close(): Promise<void> {
    return this.changes.idle();
  }

  private async open(): Promise<Opened> {
    const people = await PeopleTable.open(this.folder, this.vault);
    const found: StoredSighting[] = [];
    let damaged = 0;
    for (const entry of await nodeDisk.list(this.folder)) {
      if (!DAY_FOLDER.test(entry.name)) continue;
      const read = await this.day(entry.name).read();
      for (const sighting of read.sightings) found.push(sighting);
      damaged += read.damaged;
    }
    return { index: SightingIndex.of(found), people, damaged };
  }

  private change<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    return this.changes.run(async () => {
      try {
        return await work(await this.opened());
      } catch (error) {
        throw storageFailed('The history could not be written', error);
      }
    });
  }

  private find({ index, people }: Opened, filter: SightingFilter, page: SightingPage): StoredSighting[] {
    return index.list(filter, filter.person === undefined ? null : people.keysOf(filter.person), page);
  }

  private shown({ person, last, ...facts }: StoredSighting, { people }: Opened): Sighting {
    return { ...facts, person: person === null ? null : people.nameOf(person), last: new Date(last) };
  }

  /** Rewrites the logs first: what is interrupted then leaves faces without a line, which {@link recover} deletes. */
  private async erase({ index, people }: Opened, ids: ReadonlySet<string>): Promise<number> {
    if (ids.size === 0) return 0;
    const erased = new Set<string>();
    try {
      await forEachConcurrent(new Set([...ids].map(dayName)), DAYS_AT_ONCE, async (name) => {
        const ofDay = index.idsOn(name);
        const gone = new Set(ofDay.filter((id) => ids.has(id)));
        await this.day(name).erase(gone, new Set(ofDay.filter((id) => !ids.has(id))));
        for (const id of gone) erased.add(id);
      });
    } finally {
      index.remove(erased);
    }
    const used = index.people;
    await people.keep((key) => used.has(key));
    return ids.size;
  }

  private async writeFace(day: DayLog, id: string, face: SightingFace): Promise<void> {
    const path = day.facePath(id);
    await replaceFile(path, this.vault.seal(encodeFace(face), sealedStateName(path)), { sync: 'folder' });
  }

  private dayOf(id: string): DayLog {
    return this.day(dayName(id));
  }

  private day(name: string): DayLog {
    const known = this.days.get(name);
    if (known !== undefined) return known;
    const day = new DayLog(join(this.folder, name), this.vault);
    this.days.set(name, day);
    return day;
  }
}

/** The day of the first look, UTC: `2026-11-30`. */
function dayName(id: string): string {
  return firstSeen(id).toISOString().slice(0, 10);
}
