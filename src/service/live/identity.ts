import type { Match } from '../../match/matcher.js';
import { euclideanDistance } from '../../match/nearest.js';
import { nameFace, type Naming } from '../name-face.js';

/** Looks that are averaged: the mean of several is nearer to the person than each of them. */
const MAX_LOOKS = 5;
/** A first look names somebody only within this part of the threshold; nearer to it, a second look decides. */
const SURE_SHARE = 0.9;
/** A name that was given holds until it is this part of the threshold away. */
const HOLD_SHARE = 1.05;
/** So many looks in a row must speak against a name before it is taken back. */
const LOOKS_AGAINST = 2;

/** The naming as a whole counts: after a change in the gallery nothing that was decided before holds. */
export interface NamingNow extends Naming {
  readonly galleryVersion: number;
}

/** Whose face it is, decided over its last looks, so that a name neither flickers nor sticks to the wrong face. */
export class Identity {
  private readonly embeddings: Float32Array[] = [];
  private decided: { readonly match: Match; readonly naming: NamingNow; readonly looks: number } | null = null;
  private against = 0;
  private total = 0;

  /** How many times the face has been embedded. */
  get looks(): number {
    return this.total;
  }

  /** Whether the last look spoke against the name that is held: another look should settle it. */
  get isContested(): boolean {
    return this.against > 0;
  }

  /** Of the last looks; null before the first. */
  get mean(): Float32Array | null {
    return this.embeddings.length === 0 ? null : meanOf(this.embeddings);
  }

  /** Whether an embedding may be of the same person, by the embedder's own threshold. */
  accepts(embedding: Float32Array, threshold: number): boolean {
    return this.embeddings.length === 0 || euclideanDistance(meanOf(this.embeddings), embedding) <= threshold;
  }

  add(embedding: Float32Array): void {
    this.embeddings.push(embedding);
    if (this.embeddings.length > MAX_LOOKS) this.embeddings.shift();
    this.total++;
  }

  /** Needs one look. */
  decide(naming: NamingNow): Match {
    const before = this.decided !== null && isSame(this.decided.naming, naming) ? this.decided : null;
    if (before?.looks === this.total) return before.match;
    const now = nameFace(meanOf(this.embeddings), naming);
    const match =
      before === null || before.match.name === null ? this.first(now, naming) : this.hold(before.match, now, naming);
    this.decided = { match, naming, looks: this.total };
    return match;
  }

  private first(now: Match, { threshold }: Naming): Match {
    this.against = 0;
    const isSure = this.total > 1 || (now.distance ?? Infinity) <= SURE_SHARE * threshold;
    return isSure ? now : { ...now, name: null };
  }

  private hold(before: Match, now: Match, { threshold }: Naming): Match {
    const stillNear = now.nearest === before.name && (now.distance ?? Infinity) <= HOLD_SHARE * threshold;
    if (now.name === before.name || (now.name === null && stillNear)) {
      this.against = 0;
      return { ...now, name: before.name };
    }
    this.against++;
    return this.against < LOOKS_AGAINST ? before : now;
  }
}

function isSame(a: NamingNow, b: NamingNow): boolean {
  return (
    a.matcher === b.matcher &&
    a.galleryVersion === b.galleryVersion &&
    a.threshold === b.threshold &&
    a.asked === b.asked
  );
}

/** Of the length that the embeddings have: unit length for FaceNet. */
function meanOf(embeddings: readonly Float32Array[]): Float32Array {
  if (embeddings.length === 1) return embeddings[0];
  const sum = new Float32Array(embeddings[0].length);
  for (const embedding of embeddings) embedding.forEach((value, i) => (sum[i] += value));
  const wanted = embeddings.reduce((total, embedding) => total + Math.hypot(...embedding), 0) / embeddings.length;
  const scale = wanted / (Math.hypot(...sum) || 1);
  return sum.map((value) => value * scale);
}
