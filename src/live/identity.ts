import { euclideanDistance, type Match } from '../matching/matcher.js';
import type { NamingContext } from '../people/naming.js';
import { meanEmbedding } from '../shared/statistics/vectors.js';

/** Number of embeddings averaged: their mean is nearer to the person than each of them. */
const MAX_LOOKS = 5;
/** A first embedding gives a name only within this share of the threshold; beyond, a second embedding decides. */
const FIRST_LOOK_SHARE = 0.9;
/** A name is kept up to this multiple of the threshold. */
export const HOLD_SHARE = 1.05;
/** Number of embeddings in a row that must contradict a name before it is withdrawn. */
const MAX_LOOKS_AGAINST = 2;
/** Number of poor embeddings in a row after which they count: a person who took another's place must not keep the name. */
const MAX_POOR_LOOKS = 5;

/** The conditions of a decision. A decision is valid only under the same conditions and the same version of the gallery. */
export interface LiveNaming extends NamingContext {
  readonly galleryVersion: number;
}

interface Decision {
  readonly match: Match;
  readonly naming: LiveNaming;
  /** The state of the embeddings at the time of the decision. */
  readonly version: number;
}

/** The identity of one face, decided from its last embeddings so that names neither flicker nor stick to the wrong face. */
export class Identity {
  private readonly embeddings: Float32Array[] = [];
  private decided: Decision | null = null;
  private alternative: (Decision & { readonly without: string }) | null = null;
  private against = 0;
  private total = 0;
  private good = 0;
  private poorInRow = 0;
  /** Changes with the embeddings that decide. */
  private version = 0;

  /** How many times the face has been embedded. */
  get looks(): number {
    return this.total;
  }

  /** How many of these embeddings are good enough for a name. */
  get goodLooks(): number {
    return this.good;
  }

  /** Whether the last embedding contradicts the current name, so that another embedding is needed. */
  get isContested(): boolean {
    return this.against > 0;
  }

  /** The mean of the last embeddings; null before the first. */
  get mean(): Float32Array | null {
    return this.embeddings.length === 0 ? null : meanEmbedding(this.embeddings);
  }

  /** Whether an embedding may be of the same person; a poor one says little. @param threshold the embedder's */
  accepts(embedding: Float32Array, threshold: number, isPoor = false): boolean {
    if (this.embeddings.length === 0 || (isPoor && this.poorInRow < MAX_POOR_LOOKS)) return true;
    return euclideanDistance(meanEmbedding(this.embeddings), embedding) <= threshold;
  }

  /** @param isPoor it neither gives a name nor contradicts one */
  add(embedding: Float32Array, isPoor = false): void {
    this.total++;
    this.poorInRow = isPoor ? this.poorInRow + 1 : 0;
    if (isPoor && this.good > 0) return;
    if (!isPoor && this.good === 0) this.embeddings.length = 0;
    if (!isPoor) this.good++;
    this.embeddings.push(embedding);
    if (this.embeddings.length > MAX_LOOKS) this.embeddings.shift();
    this.version++;
  }

  /** The mean of the last embeddings. Needs at least one. */
  get embedding(): Float32Array {
    return meanEmbedding(this.embeddings);
  }

  /** The decision; null if there is none or it is out of date: then call `decide`. */
  decision(naming: LiveNaming): Match | null {
    return this.ifCurrent(this.decided, naming);
  }

  /** @param now the matcher's result for `embedding` */
  decide(now: Match, naming: LiveNaming): Match {
    const before = this.decided !== null && isSame(this.decided.naming, naming) ? this.decided : null;
    const held = before !== null && before.match.name !== null ? before.match : null;
    if (held === null) this.against = 0;
    const match = held === null ? this.decideFirst(now, naming) : this.decideWithHeld(held, now, naming);
    this.decided = { match, naming, version: this.version };
    return match;
  }

  /** As `decision`, without some people. */
  decisionWithout(people: ReadonlySet<string>, naming: LiveNaming): Match | null {
    return this.alternative?.without === keyOf(people) ? this.ifCurrent(this.alternative, naming) : null;
  }

  /** @param now the matcher's result for `embedding` without these people */
  decideWithout(people: ReadonlySet<string>, now: Match, naming: LiveNaming): Match {
    const match = this.decideFirst(now, naming);
    this.alternative = { match, naming, version: this.version, without: keyOf(people) };
    return match;
  }

  private ifCurrent(decided: Decision | null, naming: LiveNaming): Match | null {
    return decided?.version === this.version && isSame(decided.naming, naming) ? decided.match : null;
  }

  private decideFirst(now: Match, { threshold }: NamingContext): Match {
    if (this.good === 0) return { ...now, name: null };
    const isSure = this.good > 1 || (now.distance ?? Infinity) <= FIRST_LOOK_SHARE * threshold;
    return isSure ? now : { ...now, name: null };
  }

  private decideWithHeld(before: Match, now: Match, { threshold }: NamingContext): Match {
    const stillNear = now.nearest === before.name && (now.distance ?? Infinity) <= HOLD_SHARE * threshold;
    if (now.name === before.name || (now.name === null && stillNear)) {
      this.against = 0;
      return { ...now, name: before.name };
    }
    this.against++;
    return this.against < MAX_LOOKS_AGAINST ? before : now;
  }
}

function isSame(a: LiveNaming, b: LiveNaming): boolean {
  return (
    a.matcher === b.matcher &&
    a.galleryVersion === b.galleryVersion &&
    a.threshold === b.threshold &&
    a.options.threshold === b.options.threshold &&
    a.options.group === b.options.group
  );
}

function keyOf(people: ReadonlySet<string>): string {
  return JSON.stringify([...people].sort());
}
