import { RostroError } from '../shared/errors.js';
import type { AttendanceSession } from './session.js';

/** Keeps the sessions in step with the gallery. */
export interface PersonAttendance {
  /**
   * Removes the rows of a person from all sessions, and then the person.
   * @param erase removes the person from the gallery
   * @returns the number of removed rows
   */
  erasing<T>(name: string, erase: () => Promise<T>): Promise<{ readonly result: T; readonly attendance: number }>;
  /** Gives the rows of one person to another name: a rename, or a merge into the other person. */
  renaming<T>(from: string, to: string, rename: () => Promise<T>): Promise<T>;
}

export interface SessionPage {
  /** At most so many, the newest first. */
  readonly limit: number;
  /** Only those that are older than the session of this id, which may be gone. */
  readonly before?: string | undefined;
  /** Only sessions of this id or newer ones; also the first digits of an id. */
  readonly since?: string | undefined;
}

/** Sessions until they are deleted. All methods throw RostroError `storage_failed` or `database_unreachable`. */
export interface AttendanceStore extends PersonAttendance {
  /**
   * Stores a new session, or replaces the one of its id. Resolves when it is stored, without the people who are not enrolled
   * any more.
   * @param isEnrolled asked at the moment of the write
   */
  put(session: AttendanceSession, isEnrolled: (name: string) => boolean): Promise<AttendanceSession>;
  list(page: SessionPage): Promise<AttendanceSession[]>;
  get(id: string): Promise<AttendanceSession | null>;
  /**
   * Changes a session; changes of one session are made one after the other, whichever server makes them.
   * @param edit keeps the rows in their order, changes them by spreading, and returns its argument where nothing changes
   * @returns null where there is no such session
   */
  change(id: string, edit: (session: AttendanceSession) => AttendanceSession): Promise<AttendanceSession | null>;
  /** @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /**
   * Finishes what an earlier run was interrupted in, at the start of a server.
   * @param enrolled all names
   * @returns notices, a sentence each
   */
  recover(enrolled: ReadonlySet<string>): Promise<string[]>;
  close(): Promise<void>;
}

export function attendanceNotFound(): RostroError {
  return new RostroError('attendance_not_found', 'There is no such attendance session: it was deleted.');
}
