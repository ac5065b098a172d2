import { RostroError } from '../shared/errors.js';
import type {
  NewSighting,
  Sighting,
  SightingChange,
  SightingFace,
  SightingFilter,
  StrangerMark,
  StrangerSighting,
} from './sighting.js';

export interface SightingPage {
  /** At most so many, the newest first. */
  readonly limit: number;
  /** Only those that are older than the sighting of this id, which may be gone. */
  readonly before?: string | undefined;
}

export interface HistorySummary {
  readonly count: number;
  /** When the oldest sighting began; null without sightings. */
  readonly since: Date | null;
  /** Without those that are not a face. */
  readonly strangers: number;
}

/** Keeps the sightings in step with the gallery. */
export interface PersonHistory {
  /**
   * Erases a person, and with them all their sightings.
   * @param erase removes the person from the gallery; no sighting is added meanwhile
   * @returns the number of erased sightings
   */
  erasing<T>(name: string, erase: () => Promise<T>): Promise<{ readonly result: T; readonly sightings: number }>;
  /** Gives the sightings of one person to another name: a rename, or a merge into the other person. */
  renaming<T>(from: string, to: string, rename: () => Promise<T>): Promise<T>;
}

/**
 * Stored sightings. All methods throw RostroError `storage_failed` or `database_unreachable`, and the opening of files
 * `encryption_key_wrong` and `gallery_corrupt`.
 */
export interface SightingStore extends PersonHistory {
  /**
   * Resolves when the sighting is on the disk.
   * @param isEnrolled of the person, asked at the moment of the write
   * @param keepUntil when the server that adds it would erase it, for servers that record nothing themselves
   * @returns false where the person is not enrolled any more: nothing is stored then
   */
  add(sighting: NewSighting, face: SightingFace, isEnrolled: () => boolean, keepUntil?: Date): Promise<boolean>;
  /**
   * Changes a sighting. The person and what else is not given stays.
   * @param face null: stays as it is
   * @returns false where it was erased: nothing is stored then
   */
  update(id: string, change: SightingChange, face: SightingFace | null): Promise<boolean>;
  /**
   * Says who a sighting shows. It belongs to no stranger then.
   * @param person null: a stranger
   * @param isEnrolled of the person, asked at the moment of the write
   * @returns false where the sighting was erased or the person is not enrolled
   */
  assign(id: string, person: string | null, isEnrolled: () => boolean): Promise<boolean>;
  /** Gives sightings to a stranger. Those of people, and those that were erased, stay as they are. */
  place(ids: readonly string[], stranger: string, mark: StrangerMark | null): Promise<void>;
  /** Of strangers, the newest first. @param limit at most so many */
  strangers(limit: number): Promise<StrangerSighting[]>;
  list(filter: SightingFilter, page: SightingPage): Promise<Sighting[]>;
  get(id: string): Promise<Sighting | null>;
  face(id: string): Promise<SightingFace | null>;
  /** Of several sightings; those that were erased are missing. */
  faces(ids: readonly string[]): Promise<ReadonlyMap<string, SightingFace>>;
  /** @returns how many were erased */
  remove(filter: SightingFilter): Promise<number>;
  removeOne(id: string): Promise<boolean>;
  /**
   * Erases what began more than so many days ago.
   * @param days 0 for a server that records nothing: files lose everything then, and a database, where other servers may
   *   record, what is over `keepUntil`
   * @returns how many were erased
   */
  prune(now: Date, days: number): Promise<number>;
  summary(): Promise<HistorySummary>;
  /**
   * Finishes what an earlier run was interrupted in, at the start of a server.
   * @param enrolled all names
   * @returns notices, a sentence each
   */
  recover(enrolled: ReadonlySet<string>): Promise<string[]>;
  close(): Promise<void>;
}

export function strangerNotFound(): RostroError {
  return new RostroError(
    'stranger_not_found',
    'There is no such stranger: they have a name now, were merged with another stranger, or their sightings were erased.',
  );
}

export function sightingNotFound(): RostroError {
  return new RostroError('sighting_not_found', 'There is no such sighting: it was erased, or it is too old.');
}
