import { euclideanDistance, type Match } from '../matching/matcher.js';
import type { Naming } from '../people/name-faces.js';

/** Looks that are averaged: the mean of several is nearer to the person than each of them. */
const MAX_LOOKS = 5;
/** A first look names somebody only within this part of the threshold; nearer to it, a second look decides. */
const SURE_SHARE = 0.9;
/** A name that was given holds until it is this part of the threshold away. */
export const HOLD_SHARE = 1.05;
/** So many looks in a row must speak against a name before it is taken back. */
const LOOKS_AGAINST = 2;

/** The naming as a whole counts: after a change in the gallery nothing that was decided before holds. */
export interface NamingNow extends Naming {
  readonly galleryVersion: number;
}

interface Decided {
  readonly match: Match;
  readonly naming: NamingNow;
  /** Over how many looks. */
  readonly looks: number;
}

/** Whose face it is, decided over its last looks, so that a name neither flickers nor sticks to the wrong face. */
export class Identity {
  private readonly embeddings: Float32Array[] = [];
  private decided: Decided | null = null;
  private other: (Decided & { readonly without: string }) | null = null;
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

  /** What stands for all the looks that count: their mean. Needs one look. */
  get embedding(): Float32Array {
    return meanOf(this.embeddings);
  }

  /** What was decided; null where nothing was, or something has changed since: then `decide` is to be called. */
  decision(naming: NamingNow): Match | null {
    return this.current(this.decided, naming);
  }

  /** @param now what the matcher says of `embedding` */
  decide(now: Match, naming: NamingNow): Match {
    const before = this.decided !== null && isSame(this.decided.naming, naming) ? this.decided : null;
    const held = before !== null && before.match.name !== null ? before.match : null;
    if (held === null) this.against = 0;
    const match = held === null ? this.first(now, naming) : this.hold(held, now, naming);
    this.decided = { match, naming, looks: this.total };
    return match;
  }

  /** As `decision`, where it cannot be some people. */
  decisionWithout(people: ReadonlySet<string>, naming: NamingNow): Match | null {
    return this.other?.without === keyOf(people) ? this.current(this.other, naming) : null;
  }

  /** @param now what the matcher says of `embedding` without those people */
  decideWithout(people: ReadonlySet<string>, now: Match, naming: NamingNow): Match {
    const match = this.first(now, naming);
    this.other = { match, naming, looks: this.total, without: keyOf(people) };
    return match;
  }

  private current(decided: Decided | null, naming: NamingNow): Match | null {
    return decided?.looks === this.total && isSame(decided.naming, naming) ? decided.match : null;
  }

  private first(now: Match, { threshold }: Naming): Match {
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
    a.wishes.threshold === b.wishes.threshold &&
    a.wishes.group === b.wishes.group
  );
}

function keyOf(people: ReadonlySet<string>): string {
  return JSON.stringify([...people].sort());
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
