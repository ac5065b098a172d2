import { z } from 'zod';
import { newSightingId, SIGHTING_ID } from '../history/sighting.js';
import { DOUBTS, type JudgedLook } from './rule.js';

export const LOOK_SOURCES = ['photo', 'live', 'camera'] as const;
const time = z.iso.datetime();

/** What the server saw of a person. Times are ISO 8601, UTC. */
const seen = z.object({
  state: z.enum(['present', 'doubtful']),
  /** Why it is only doubtful, of the nearest look; empty for `present`. */
  why: z.array(z.enum(DOUBTS)),
  first: time,
  last: time,
  /** Where the first of these looks came from. */
  source: z.enum(LOOK_SOURCES),
  camera: z.string().nullable(),
  /** Euclidean distance of the nearest look. */
  distance: z.number().min(0),
  threshold: z.number(),
});
export type Seen = z.infer<typeof seen>;

/** A row without its person. */
export const rowFacts = z.object({
  seen: seen.nullable(),
  /** What a user said; it counts more than what was seen. */
  manual: z.object({ state: z.enum(['present', 'absent']), at: time }).nullable(),
  note: z.string(),
});
export type RowFacts = z.infer<typeof rowFacts>;

export interface Row extends RowFacts {
  /** The name that the person has today. */
  readonly person: string;
}

/** A session without its people. */
export const sessionFacts = z.object({
  title: z.string(),
  group: z.string().nullable(),
  /** A camera of the server that marks people while the session runs. */
  camera: z.string().nullable(),
  /** Who is first seen later is late. */
  lateAfter: time.nullable(),
  ended: time.nullable(),
});
export type SessionFacts = z.infer<typeof sessionFacts>;

export interface AttendanceSession extends SessionFacts {
  /** Begins with the time of its creation, and sorts by it. */
  readonly id: string;
  readonly rows: readonly Row[];
}

export const newSessionId = newSightingId;
export const SESSION_ID = SIGHTING_ID;

export const EMPTY_ROW: RowFacts = { seen: null, manual: null, note: '' };

/** While a person stays in sight, the time of the last look is written in these steps. */
const LAST_STEP_MS = 10_000;

export interface LookOfPerson extends JudgedLook {
  readonly person: string;
  readonly distance: number;
  readonly threshold: number;
}

/** Where and when looks were made. */
export interface LookPlace extends Pick<Seen, 'source' | 'camera'> {
  readonly at: Date;
}

/** @returns the session itself where the looks change nothing */
export function withLooks(
  session: AttendanceSession,
  looks: readonly LookOfPerson[],
  place: LookPlace,
): AttendanceSession {
  const byPerson = new Map(looks.map((look) => [look.person, look]));
  const rows = session.rows.map((row) => {
    const look = byPerson.get(row.person);
    const after = look === undefined ? row.seen : seenAfter(row.seen, look, place);
    return after === row.seen ? row : { ...row, seen: after };
  });
  return rows.every((row, i) => row === session.rows[i]) ? session : { ...session, rows };
}

/** The first sure look replaces the doubtful ones, with its time: they may have shown another person. */
function seenAfter(before: Seen | null, look: LookOfPerson, { at, source, camera }: LookPlace): Seen {
  const { state, why, distance, threshold } = look;
  const when = at.toISOString();
  const now: Seen = { state, why: [...why], first: when, last: when, source, camera, distance, threshold };
  if (before === null || (before.state === 'doubtful' && state === 'present')) return now;
  if (before.state === 'present' && state === 'doubtful') return before;
  const isNearer = distance / threshold < before.distance / before.threshold;
  const isEarlier = when < before.first;
  const isLater = Date.parse(when) - Date.parse(before.last) >= LAST_STEP_MS;
  if (!isEarlier && !isLater && !(isNearer && state === 'doubtful')) return before;
  const nearest = isNearer ? now : before;
  return {
    ...(isEarlier ? now : before),
    why: nearest.why,
    distance: nearest.distance,
    threshold: nearest.threshold,
    first: isEarlier ? when : before.first,
    last: when > before.last ? when : before.last,
  };
}

/** One row a person: two people of a session may have been merged into one. */
export function combineRows<T extends Row>(rows: readonly T[]): T[] {
  const byPerson = new Map<string, T>();
  for (const row of rows) {
    const other = byPerson.get(row.person);
    byPerson.set(row.person, other === undefined ? row : combined(other, row));
  }
  return [...byPerson.values()];
}

function combined<T extends Row>(a: T, b: T): T {
  const manual = [a.manual, b.manual].filter((one) => one !== null).sort((x, y) => (x.at < y.at ? 1 : -1));
  const notes = [...new Set([a.note, b.note].filter((note) => note !== ''))];
  return { ...a, seen: combinedSeen(a.seen, b.seen), manual: manual.at(0) ?? null, note: notes.join('; ') };
}

function combinedSeen(a: Seen | null, b: Seen | null): Seen | null {
  if (a === null || b === null) return a ?? b;
  if (a.state !== b.state) return a.state === 'present' ? a : b;
  const [early, late] = a.first <= b.first ? [a, b] : [b, a];
  return { ...early, last: early.last > late.last ? early.last : late.last };
}

export const STATES = ['present', 'doubtful', 'absent'] as const;

/** What a row says, as users see it. */
export interface RowStatus {
  readonly state: (typeof STATES)[number];
  readonly late: boolean;
  readonly first: string | null;
  readonly last: string | null;
  readonly by: Seen['source'] | 'manual' | null;
}

export function statusOf({ seen, manual }: RowFacts, lateAfter: string | null): RowStatus {
  const state = manual?.state ?? seen?.state ?? 'absent';
  const by = manual === null ? (seen?.source ?? null) : 'manual';
  if (state === 'absent') return { state, late: false, first: null, last: null, by };
  const first = seen?.first ?? manual!.at;
  return { state, late: lateAfter !== null && first > lateAfter, first, last: seen?.last ?? first, by };
}

export interface Counts {
  readonly expected: number;
  readonly present: number;
  /** Of those who are present. */
  readonly late: number;
  readonly doubtful: number;
  readonly absent: number;
}

export function countsOf({ rows, lateAfter }: Pick<AttendanceSession, 'rows' | 'lateAfter'>): Counts {
  const all = rows.map((row) => statusOf(row, lateAfter));
  const count = (wanted: RowStatus['state']) => all.filter(({ state }) => state === wanted).length;
  const late = all.filter((one) => one.state === 'present' && one.late).length;
  return {
    expected: all.length,
    present: count('present'),
    late,
    doubtful: count('doubtful'),
    absent: count('absent'),
  };
}
