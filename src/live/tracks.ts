import type { KnownFace, LiveFace } from '../faces/pipeline/live.js';
import type { Match } from '../matching/matcher.js';
import { oneFaceEach, strengthOf } from '../matching/one-face-each.js';
import { nameEach } from '../people/name-faces.js';
import { HOLD_SHARE, Identity, type NamingNow } from './identity.js';

/** A new face is embedded in each of its first frames. */
const FIRST_LOOKS = 3;
/** From then on so often: without a name there is more to learn. */
const NAMED_EVERY_MS = 1000;
const UNNAMED_EVERY_MS = 400;

/** One face from frame to frame. Times are milliseconds of one clock. */
export class Track {
  readonly identity = new Identity();
  private face!: LiveFace;
  private bestWorth = 0;
  private embeddedAt = -Infinity;
  seenAt = -Infinity;
  /** As it was named in the last frame that showed it; undefined before the first. */
  private told: string | null | undefined;

  /** @param id unique in its session */
  constructor(readonly id: number) {}

  see(face: LiveFace, now: number): void {
    this.face = face;
    this.seenAt = now;
    if (face.embedding === null) return;
    this.identity.add(face.embedding);
    this.bestWorth = Math.max(this.bestWorth, face.worth);
    this.embeddedAt = now;
  }

  /** Whether it had that name in the last frame that showed it. */
  wasNamed(name: string): boolean {
    return this.told === name;
  }

  /** @returns whether it was named otherwise before, or not at all */
  name(name: string | null): boolean {
    const isNews = name !== this.told;
    this.told = name;
    return isNews;
  }

  /** What the next frame needs to know of it. */
  known(now: number, isAway: boolean): KnownFace {
    const everyMs = typeof this.told === 'string' ? NAMED_EVERY_MS : UNNAMED_EVERY_MS;
    const { looks, isContested } = this.identity;
    const isDue = looks < FIRST_LOOKS || isContested || now - this.embeddedAt >= everyMs;
    const { box, appearance } = this.face;
    return { box, appearance, isAway, isDue, bestWorth: this.bestWorth };
  }
}

/** The names of the faces that a frame shows, each over its last looks: nobody has two, unless that is asked for. */
export async function nameTracks(tracks: readonly Track[], naming: NamingNow): Promise<Match[]> {
  const matches = await decided(tracks, naming);
  if (naming.wishes.duplicates) return matches;
  return oneFaceEach(matches, {
    strength: (match, face) => strengthAsBefore(match, tracks[face]),
    again: (displaced) =>
      decidedWithout(
        displaced.map(({ face, without }) => ({ track: tracks[face], without })),
        naming,
      ),
  });
}

/** Only those are asked for that something has changed about. */
async function decided(tracks: readonly Track[], naming: NamingNow): Promise<Match[]> {
  const open = tracks.filter(({ identity }) => identity.decision(naming) === null);
  const answers = await nameEach(
    open.map(({ identity: { embedding } }) => ({ embedding })),
    naming,
  );
  open.forEach(({ identity }, i) => identity.decide(answers[i], naming));
  return tracks.map(({ identity }) => identity.decision(naming)!);
}

async function decidedWithout(
  displaced: readonly { track: Track; without: ReadonlySet<string> }[],
  naming: NamingNow,
): Promise<Match[]> {
  const open = displaced.filter(({ track, without }) => track.identity.decisionWithout(without, naming) === null);
  const answers = await nameEach(
    open.map(({ track, without }) => ({ embedding: track.identity.embedding, without })),
    naming,
  );
  open.forEach(({ track, without }, i) => track.identity.decideWithout(without, answers[i], naming));
  return displaced.map(({ track, without }) => track.identity.decisionWithout(without, naming)!);
}

/** Of two faces that are about as near to somebody, the one that had the name keeps it: it must not jump to and fro. */
function strengthAsBefore(match: Match, track: Track): number {
  const strength = strengthOf(match);
  if (match.name === null || !track.wasNamed(match.name)) return strength;
  return strength < 0 ? strength / HOLD_SHARE : strength * HOLD_SHARE;
}
