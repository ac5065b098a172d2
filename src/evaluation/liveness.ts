import type { Box } from '../faces/image/box.js';
import { eer, rocOf, upperBound, valAtFar } from '../shared/statistics/metrics.js';
import { type MeanAndDeviation, meanAndDeviation } from './cross-validation.js';
import type { JudgedPresentation, Presentation } from './presentations.js';

/** A score, 0..1, and the kind of attack that it belongs to; null for a living person. */
export interface LivenessScore {
  readonly kind: string | null;
  readonly score: number;
}

/** ISO/IEC 30107-3: shares of the scored presentations, 0..1; NaN where there is none. */
export interface LivenessRates {
  /** Attacks of a kind that are taken for people, by kind. */
  readonly apcer: ReadonlyMap<string, number>;
  /** People who are taken for attacks. */
  readonly bpcer: number;
  /** Mean of `bpcer` and the highest `apcer`. */
  readonly acer: number;
}

/** @param threshold a presentation with this score or a higher one is taken for a person */
export function livenessRates(scores: readonly LivenessScore[], threshold: number): LivenessRates {
  const passed = (of: readonly LivenessScore[]) => of.filter(({ score }) => score >= threshold).length / of.length;
  const apcer = new Map(kindsOf(scores).map((kind) => [kind, passed(scores.filter((one) => one.kind === kind))]));
  const bpcer = 1 - passed(scores.filter(({ kind }) => kind === null));
  return { apcer, bpcer, acer: (highest(apcer.values()) + bpcer) / 2 };
}

/**
 * The threshold with the least ACER, half-way between two scores. The highest of several.
 * @param scores of people and of attacks
 */
export function leastAcerThreshold(scores: readonly LivenessScore[]): number {
  const total = new Map<string | null, number>();
  for (const { kind } of scores) total.set(kind, (total.get(kind) ?? 0) + 1);
  const passed = new Map(total);
  const ascending = [...scores].sort((a, b) => a.score - b.score);
  let best = { acer: Infinity, threshold: ascending[0].score };
  for (let i = 0; i + 1 < ascending.length; i++) {
    const { kind, score } = ascending[i];
    passed.set(kind, passed.get(kind)! - 1);
    const next = ascending[i + 1].score;
    if (next === score) continue;
    const share = (one: string | null) => passed.get(one)! / total.get(one)!;
    const attacks = [...total.keys()].filter((one) => one !== null);
    const acer = (Math.max(...attacks.map(share)) + 1 - share(null)) / 2;
    if (acer <= best.acer) best = { acer, threshold: (score + next) / 2 };
  }
  return best.threshold;
}

/** Presentations of living people, or of one kind of attack. */
export interface GroupOfPresentations {
  readonly kind: string | null;
  readonly photos: number;
  readonly scored: number;
  /** Why the others have no score: an error code, or `why` of the verdict `unsure`. */
  readonly unscored: Readonly<Record<string, number>>;
  /** Share of the photos without a score: APNRR or BPNRR of ISO/IEC 30107-3. */
  readonly nonResponseRate: number;
  /** APCER or BPCER at the threshold in force, its upper bound (95 %), and the number of photos behind it. */
  readonly errorRate: number;
  readonly errorRateAtMost: number;
  readonly errors: number;
}

/** One kind of attack against the living people. */
export interface AttackKind extends GroupOfPresentations {
  readonly kind: string;
  readonly eer: number;
  /** The least BPCER with an APCER of at most 1 % and 5 %; null where the attacks are too few to show that. */
  readonly bpcerAtApcer: readonly { readonly apcer: number; readonly bpcer: number | null }[];
  readonly det: readonly { readonly threshold: number; readonly apcer: number; readonly bpcer: number }[];
}

export interface LivenessFold {
  readonly people: readonly string[];
  /** Chosen on the other folds. */
  readonly threshold: number;
  /** The highest of the kinds. */
  readonly apcer: number;
  readonly bpcer: number;
  readonly acer: number;
}

export interface LivenessValidation {
  /** In force. */
  readonly threshold: number;
  readonly live: GroupOfPresentations;
  readonly attacks: readonly AttackKind[];
  /** At the threshold in force. NaN without people or attacks. */
  readonly acer: number;
  /** Of the kind with the highest. */
  readonly eer: number;
  /** Null where people or attacks are too few. */
  readonly crossValidation: {
    readonly folds: readonly LivenessFold[];
    readonly threshold: MeanAndDeviation;
    readonly apcer: MeanAndDeviation;
    readonly bpcer: MeanAndDeviation;
    readonly acer: MeanAndDeviation;
  } | null;
  /** Attacks with the highest and people with the lowest scores, worst first. */
  readonly worst: { readonly attacks: readonly WorstPresentation[]; readonly live: readonly WorstPresentation[] };
}

export interface WorstPresentation extends LivenessScore {
  readonly path: string;
  readonly box: Box;
  /** At the threshold in force. */
  readonly wrong: boolean;
}

const WORST = 12;
const FOLDS = 5;
const WANTED_APCER = [0.01, 0.05];

/** @param threshold in force */
export function validateLiveness(judged: readonly JudgedPresentation[], threshold: number): LivenessValidation {
  const scored = judged.flatMap((one) => {
    const { path, kind, person, judgement } = one;
    if ('failure' in judgement || judgement.live.score === null) return [];
    const { box, live } = judgement;
    return [{ path, kind, person, box, score: live.score!, wrong: live.score! >= threshold !== (kind === null) }];
  });
  const attacks = kindsOf(judged).map((kind): AttackKind => {
    const compared = scored.filter((one) => one.kind === kind || one.kind === null);
    return { ...groupOf(judged, kind, threshold), kind, ...againstLive(compared) };
  });
  const lowestFirst = [...scored].sort((a, b) => a.score - b.score);
  return {
    threshold,
    live: groupOf(judged, null, threshold),
    attacks,
    acer: livenessRates(scored, threshold).acer,
    eer: highest(attacks.map((attack) => attack.eer)),
    crossValidation: crossValidateLiveness(scored),
    worst: {
      attacks: lowestFirst
        .filter(({ kind }) => kind !== null)
        .reverse()
        .slice(0, WORST),
      live: lowestFirst.filter(({ kind }) => kind === null).slice(0, WORST),
    },
  };
}

function groupOf(judged: readonly JudgedPresentation[], wanted: string | null, threshold: number) {
  const group = judged.filter(({ kind }) => kind === wanted);
  const unscored: Record<string, number> = {};
  let [scored, errors] = [0, 0];
  for (const { judgement } of group) {
    const score = 'failure' in judgement ? null : judgement.live.score;
    if (score !== null) {
      scored++;
      if (score >= threshold !== (wanted === null)) errors++;
      continue;
    }
    const why = 'failure' in judgement ? judgement.failure : judgement.live.why!;
    unscored[why] = (unscored[why] ?? 0) + 1;
  }
  return {
    kind: wanted,
    photos: group.length,
    scored,
    unscored,
    nonResponseRate: 1 - scored / group.length,
    errorRate: errors / scored,
    errorRateAtMost: upperBound(errors, scored),
    errors,
  };
}

/** @param scores of people and of one kind of attack */
function againstLive(scores: readonly LivenessScore[]): Pick<AttackKind, 'eer' | 'bpcerAtApcer' | 'det'> {
  const distances = scores.map(({ score }) => 1 - score);
  const isLive = scores.map(({ kind }) => kind === null);
  const attacks = isLive.filter((one) => !one).length;
  if (attacks === 0 || attacks === scores.length) {
    return { eer: NaN, bpcerAtApcer: WANTED_APCER.map((apcer) => ({ apcer, bpcer: null })), det: [] };
  }
  return {
    eer: eer(distances, isLive),
    bpcerAtApcer: WANTED_APCER.map((apcer) => ({
      apcer,
      bpcer: attacks * apcer < 1 ? null : valAtFar(distances, isLive, apcer).frr,
    })),
    det: rocOf(distances, isLive).map((point) => ({
      threshold: 1 - point.threshold,
      apcer: point.far,
      bpcer: point.frr,
    })),
  };
}

/** Five folds over people, who go to them in turn by name. Folds without people and attacks in the others are left out. */
export function crossValidateLiveness(
  scored: readonly (LivenessScore & Pick<Presentation, 'person'>)[],
): LivenessValidation['crossValidation'] {
  const people = [...new Set(scored.map(({ person }) => person))].sort();
  const folds = Array.from({ length: Math.min(FOLDS, people.length) }, (_, fold): LivenessFold[] => {
    const tested = people.filter((_person, i) => i % FOLDS === fold);
    const training = scored.filter(({ person }) => !tested.includes(person));
    if (!training.some(({ kind }) => kind === null) || kindsOf(training).length === 0) return [];
    const threshold = leastAcerThreshold(training);
    const { apcer, bpcer, acer } = livenessRates(
      scored.filter(({ person }) => tested.includes(person)),
      threshold,
    );
    return [{ people: tested, threshold, apcer: highest(apcer.values()), bpcer, acer }];
  }).flat();
  if (folds.length === 0) return null;
  const spread = (value: (fold: LivenessFold) => number) => meanAndDeviation(folds.map(value));
  return {
    folds,
    threshold: spread(({ threshold }) => threshold),
    apcer: spread(({ apcer }) => apcer),
    bpcer: spread(({ bpcer }) => bpcer),
    acer: spread(({ acer }) => acer),
  };
}

function kindsOf(presentations: readonly { readonly kind: string | null }[]): string[] {
  return [...new Set(presentations.flatMap(({ kind }) => kind ?? []))].sort();
}

/** Ignores NaN; NaN without values. */
function highest(values: Iterable<number>): number {
  const known = [...values].filter((value) => !Number.isNaN(value));
  return known.length === 0 ? NaN : Math.max(...known);
}
