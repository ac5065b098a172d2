import { POOR_SCORE } from '../faces/image/quality.js';
import type { KnownFace, LiveFace } from '../faces/pipeline/pipeline.js';
import type { Match } from '../matching/matcher.js';
import { assignUniquely, matchStrength } from '../matching/unique-assignment.js';
import { nameEach } from '../people/naming.js';
import { judgeLooks, type Liveness, LOOKS } from '../faces/liveness/liveness.js';
import { HOLD_SHARE, Identity, type LiveNaming } from './identity.js';

/** A new face is embedded in each of its first frames, ... */
const FIRST_LOOKS = 3;
/** ... later in these intervals: more often while it has no name, ... */
const UNNAMED_EVERY_MS = 400;
const NAMED_EVERY_MS = 1000;
/**
 * ... less often once it is settled: it has a name, the looks that decide were good and those of a living person, and it has
 * not changed since the first of them. A face that changes is embedded at once, and is no longer settled.
 */
const SETTLED_EVERY_MS = 3000;

/** One face tracked from frame to frame. Times are milliseconds of one clock. */
export class Track {
  readonly identity = new Identity();
  private face!: LiveFace;
  private readonly looks: Liveness[] = [];
  private bestViewScore = 0;
  private lastQuality: number | null = null;
  private lastCrop: Uint8Array | null = null;
  private embeddedAt = -Infinity;
  private embeddingIsDue = true;
  /** Good looks since the face changed. */
  private steadyLooks = 0;
  seenAt = -Infinity;
  /** The name in the last frame that showed the face; undefined before the first. */
  private lastName: string | null | undefined;

  /** @param id unique in its session */
  constructor(readonly id: number) {}

  update(face: LiveFace, now: number): void {
    this.face = face;
    this.seenAt = now;
    if (face.embedding === null) return;
    this.identity.add(face.embedding, isPoor(face));
    if (!this.embeddingIsDue) this.steadyLooks = 0;
    if (!isPoor(face)) this.steadyLooks++;
    if (face.live) this.looks.push(face.live);
    if (this.looks.length > LOOKS.last) this.looks.shift();
    this.lastQuality = face.quality;
    this.lastCrop = face.crop ?? null;
    this.bestViewScore = Math.max(this.bestViewScore, face.viewScore);
    this.embeddedAt = now;
  }

  /**
   * From the last looks; null where liveness is not judged.
   * @param threshold least score of a living person
   */
  live(threshold: number | null): Liveness | null {
    return threshold === null ? null : judgeLooks(this.looks, threshold);
  }

  /** The quality score of the last embedded face. */
  get quality(): number | null {
    return this.lastQuality;
  }

  /** JPEG of the last embedded face, where crops are asked for. */
  get crop(): Uint8Array | null {
    return this.lastCrop;
  }

  /** Whether a face may be of the same person. @param threshold the embedder's */
  accepts(face: LiveFace, threshold: number): boolean {
    return face.embedding === null || this.identity.accepts(face.embedding, threshold, isPoor(face));
  }

  /** Whether the face had this name in the last frame that showed it. */
  wasNamed(name: string): boolean {
    return this.lastName === name;
  }

  /** @returns whether the name changed */
  setName(name: string | null): boolean {
    const isChanged = name !== this.lastName;
    this.lastName = name;
    return isChanged;
  }

  /** The input of the pipeline for the next frame. @param needsCrop of a face that was embedded before crops were asked for */
  toKnownFace(now: number, isAway: boolean, needsCrop: boolean): KnownFace {
    const { looks, isContested } = this.identity;
    this.embeddingIsDue =
      looks < FIRST_LOOKS ||
      isContested ||
      (needsCrop && this.lastCrop === null) ||
      now - this.embeddedAt >= this.lookEveryMs();
    const { box, appearance } = this.face;
    const { embeddingIsDue, bestViewScore } = this;
    return { box, appearance, isMissing: isAway, embeddingIsDue, bestViewScore };
  }

  private lookEveryMs(): number {
    if (typeof this.lastName !== 'string') return UNNAMED_EVERY_MS;
    const isSettled = this.steadyLooks >= LOOKS.last && this.looks.every(({ verdict }) => verdict === 'live');
    return isSettled ? SETTLED_EVERY_MS : NAMED_EVERY_MS;
  }
}

function isPoor({ quality }: LiveFace): boolean {
  return quality !== null && quality < POOR_SCORE;
}

/** Names the faces of a frame from their last embeddings. Each person gets at most one face, unless `duplicates` is set. */
export async function nameTracks(tracks: readonly Track[], naming: LiveNaming): Promise<Match[]> {
  const matches = await decideAll(tracks, naming);
  if (naming.options.duplicates) return matches;
  return assignUniquely(matches, {
    strength: (match, face) => strengthWithHold(match, tracks[face]),
    rematch: (displaced) =>
      decideAllWithout(
        displaced.map(({ face, excluded }) => ({ track: tracks[face], excluded })),
        naming,
      ),
  });
}

/** Searches only for the faces without a valid decision. */
async function decideAll(tracks: readonly Track[], naming: LiveNaming): Promise<Match[]> {
  const open = tracks.filter(({ identity }) => identity.decision(naming) === null);
  const answers = await nameEach(
    open.map(({ identity: { embedding } }) => ({ embedding })),
    naming,
  );
  open.forEach(({ identity }, i) => identity.decide(answers[i], naming));
  return tracks.map(({ identity }) => identity.decision(naming)!);
}

async function decideAllWithout(
  displaced: readonly { track: Track; excluded: ReadonlySet<string> }[],
  naming: LiveNaming,
): Promise<Match[]> {
  const open = displaced.filter(({ track, excluded }) => track.identity.decisionWithout(excluded, naming) === null);
  const answers = await nameEach(
    open.map(({ track, excluded }) => ({ embedding: track.identity.embedding, excluded })),
    naming,
  );
  open.forEach(({ track, excluded }, i) => track.identity.decideWithout(excluded, answers[i], naming));
  return displaced.map(({ track, excluded }) => track.identity.decisionWithout(excluded, naming)!);
}

/** Of two faces that are about equally near to a person, the one that had the name keeps it, so that it does not jump. */
function strengthWithHold(match: Match, track: Track): number {
  const strength = matchStrength(match);
  if (match.name === null || !track.wasNamed(match.name)) return strength;
  return strength < 0 ? strength / HOLD_SHARE : strength * HOLD_SHARE;
}
