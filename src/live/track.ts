import type { KnownFace, LiveFace } from '../faces/pipeline/live.js';
import { Identity } from './identity.js';

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
