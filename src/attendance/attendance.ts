import { isDeepStrictEqual } from 'node:util';
import type { Gallery } from '../gallery/gallery.js';
import { firstSeen } from '../history/sighting.js';
import { parseEnrolledName } from '../people/person-name.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import { RostroError } from '../shared/errors.js';
import { attendanceNotFound, type AttendanceStore, type SessionPage } from './attendance-store.js';
import { type AttendanceSession, EMPTY_ROW, newSessionId, type Row, type SessionFacts, statusOf } from './session.js';

export interface AttendanceParts {
  readonly store: AttendanceStore;
  readonly gallery: Pick<Gallery, 'people'>;
  readonly trail: Pick<AuditTrail, 'change'>;
  readonly now?: () => Date;
}

export interface NewAttendance extends Pick<SessionFacts, 'title' | 'lateAfter' | 'camera'> {
  /** All members of a group are expected; null: `people`. */
  readonly group: string | null;
  /** Names; null: the group, or everyone. */
  readonly people: readonly string[] | null;
}

export interface AttendanceChange extends Partial<Pick<SessionFacts, 'title' | 'lateAfter' | 'camera'>> {
  readonly ended?: boolean | undefined;
}

export interface Mark {
  /** Null: what was seen counts again. Undefined: as before. */
  readonly state?: 'present' | 'absent' | null | undefined;
  readonly note?: string | undefined;
}

/** People of one session. */
const MAX_PEOPLE = 2000;
/** Who was there: sessions with a row for each expected person, marked by pictures and by users. */
export class Attendance {
  private readonly now: () => Date;

  constructor(private readonly parts: AttendanceParts) {
    this.now = parts.now ?? (() => new Date());
  }

  /** Finishes interrupted changes. @returns notices, a sentence each */
  start(): Promise<string[]> {
    return this.parts.store.recover(new Set(this.parts.gallery.people().map(({ name }) => name)));
  }

  list(page: SessionPage): Promise<AttendanceSession[]> {
    return this.parts.store.list(page);
  }

  /** @throws RostroError `attendance_not_found` */
  async get(id: string): Promise<AttendanceSession> {
    return (await this.parts.store.get(id)) ?? raise(attendanceNotFound());
  }

  /** @throws RostroError `bad_name`, `person_not_found`; `bad_request` for nobody or too many people; `storage_failed` */
  async open({ group, people, ...facts }: NewAttendance): Promise<AttendanceSession> {
    const { store, gallery, trail } = this.parts;
    const names = this.expected(group, people);
    const rows = names.map((person): Row => ({ person, ...EMPTY_ROW }));
    const session = { id: newSessionId(this.now()), ...facts, group, ended: null, rows };
    const enrolled = new Set(gallery.people().map(({ name }) => name));
    const add = () => store.put(session, (name) => enrolled.has(name));
    const { result } = await trail.change('attendance_open', null, add, () => ({ people: rows.length }));
    return result;
  }

  /** @throws RostroError `attendance_not_found`, `storage_failed` */
  async change(id: string, { ended, ...given }: AttendanceChange): Promise<AttendanceSession> {
    const facts = Object.fromEntries(
      Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== undefined),
    );
    const fields = [...Object.keys(facts), ...(ended === undefined ? [] : ['ended'])].sort().join(' ');
    const edit = (session: AttendanceSession) => ({
      ...session,
      ...facts,
      ...(ended !== undefined && { ended: ended ? (session.ended ?? this.now().toISOString()) : null }),
    });
    const work = () => this.edit(id, edit);
    const { result } = await this.parts.trail.change('attendance_change', null, work, () => ({ fields }));
    return result;
  }

  /**
   * What a user says of a person.
   * @throws RostroError `attendance_not_found`, `person_not_found` where the session has no such row, `storage_failed`
   */
  async mark(id: string, text: string, { state, note }: Mark): Promise<AttendanceSession> {
    const name = parseEnrolledName(text);
    const { rows } = await this.get(id);
    if (!rows.some(({ person }) => person === name)) throw notExpected(name);
    const manual = state && { state, at: this.now().toISOString() };
    const edited = (row: Row): Row => ({
      ...row,
      ...(manual !== undefined && { manual }),
      ...(note !== undefined && { note }),
    });
    const edit = (session: AttendanceSession): AttendanceSession => ({
      ...session,
      rows: session.rows.map((row) => (row.person === name ? edited(row) : row)),
    });
    const facts = { ...(state !== undefined && { state }), ...(note !== undefined && { note: note !== '' }) };
    const work = () => this.edit(id, edit);
    return (await this.parts.trail.change('attendance_mark', name, work, () => facts)).result;
  }

  /**
   * Stores a session of a backup, with those of its people who are enrolled. One that is here already gets the rows that it
   * lacks, or, with `replace`, becomes as in the backup.
   * @throws RostroError `storage_failed`, `database_unreachable`
   */
  async restore(session: AttendanceSession, replace: boolean): Promise<'added' | 'merged' | 'replaced' | 'unchanged'> {
    const { store, gallery, trail } = this.parts;
    const enrolled = new Set(gallery.people().map(({ name }) => name));
    const rows = session.rows.filter(({ person }) => enrolled.has(person));
    const before = await store.get(session.id);
    const known = new Set(before?.rows.map(({ person }) => person));
    const missing = rows.filter(({ person }) => !known.has(person));
    const target =
      before === null || replace ? { ...session, rows } : { ...before, rows: [...before.rows, ...missing] };
    if (before !== null && isDeepStrictEqual(plain(before), plain(target))) return 'unchanged';
    const put = () => store.put(target, (name) => enrolled.has(name));
    const action = before === null ? 'attendance_open' : 'attendance_change';
    await trail.change(action, null, put, () => ({ people: target.rows.length, restored: true }));
    return before === null ? 'added' : replace ? 'replaced' : 'merged';
  }

  /** @throws RostroError `attendance_not_found`, `storage_failed` */
  async remove(id: string): Promise<void> {
    const { rows } = await this.get(id);
    const remove = async () => (await this.parts.store.remove(id)) || raise(attendanceNotFound());
    await this.parts.trail.change('attendance_erase', null, remove, () => ({ people: rows.length }));
  }

  /** Everything that sessions have of one person, as JSON values. */
  async exportOf(name: string): Promise<object[]> {
    const sessions = await this.parts.store.list({ limit: Infinity });
    return sessions.flatMap(({ id, rows, title, group, lateAfter, ended }) => {
      const row = rows.find(({ person }) => person === name);
      if (row === undefined) return [];
      const { seen, manual, note } = row;
      const session = { id, title, group, created: firstSeen(id).toISOString(), lateAfter, ended };
      return [{ session, ...statusOf(row, lateAfter), seen, manual, note }];
    });
  }

  private expected(group: string | null, people: readonly string[] | null): string[] {
    const everyone = this.parts.gallery.people();
    const members = group === null ? everyone : everyone.filter(({ groups }) => groups.includes(group));
    const enrolled = new Set(everyone.map(({ name }) => name));
    const given = people?.map(parseEnrolledName);
    const unknown = given?.find((name) => !enrolled.has(name));
    if (unknown !== undefined) throw new RostroError('person_not_found', `"${unknown}" is not enrolled.`);
    const names = [...new Set(given ?? members.map(({ name }) => name))];
    if (names.length > 0 && names.length <= MAX_PEOPLE) return names;
    const count = names.length === 0 ? 'nobody' : `${names.length} people, more than ${MAX_PEOPLE}`;
    throw new RostroError('bad_request', `The session would have ${count}: choose a group or people who are enrolled.`);
  }

  private async edit(id: string, edit: (session: AttendanceSession) => AttendanceSession): Promise<AttendanceSession> {
    return (await this.parts.store.change(id, edit)) ?? raise(attendanceNotFound());
  }
}

/** Sessions that are read at once. */
const PAGE = 100;

/** All sessions, the newest first. */
export async function* allSessions(sessions: Pick<AttendanceStore, 'list'>): AsyncGenerator<AttendanceSession> {
  for (let before: string | undefined, isLast = false; !isLast;) {
    const page = await sessions.list({ limit: PAGE, before });
    yield* page;
    before = page.at(-1)?.id;
    isLast = page.length < PAGE;
  }
}

/** Without the keys that stores give to rows. */
function plain({ rows, ...session }: AttendanceSession): AttendanceSession {
  return { ...session, rows: rows.map(({ person, seen, manual, note }) => ({ person, seen, manual, note })) };
}

function notExpected(name: string): RostroError {
  return new RostroError('person_not_found', `"${name}" is not in this attendance session.`);
}

function raise(error: RostroError): never {
  throw error;
}
