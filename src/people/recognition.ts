import type {
  Analysis,
  Detection,
  EmbeddedFace,
  JudgedFace,
  Face,
  PhotoRequest,
  PhotoSearch,
  Pipeline,
} from '../faces/pipeline/pipeline.js';
import { euclideanDistance, type Match, type MatcherSource } from '../matching/matcher.js';
import type { ThresholdSource } from '../matching/thresholds/threshold-source.js';
import { RostroError } from '../shared/errors.js';
import {
  limitedDistance,
  limitMatch,
  type LivenessPolicy,
  livenessPolicy,
  nameFaces,
  type NamingOptions,
  type PersonInfo,
  type PersonLookup,
  thresholdOf,
  withheld,
  type Withheld,
} from './naming.js';
import { noObserver, type Observer } from './observer.js';

export interface RecognizedFace extends JudgedFace, Match, PersonInfo, Withheld {
  readonly threshold: number;
  /** See {@link ThresholdSource.falseMatchRate}. */
  readonly falseMatchRate: number | null;
}

/** How a photo is searched. */
export type SearchOptions = Pick<PhotoRequest, 'tiles' | 'upright' | 'attributes'>;

export interface Recognition extends PhotoSearch {
  /** The largest faces where the photo has more than the limit. */
  readonly faces: readonly RecognizedFace[];
  /** Number of all detected faces. */
  readonly facesFound: number;
  readonly model: ModelInfo;
  readonly timingsMs: {
    readonly decode: number;
    readonly detect: number;
    readonly embed: number;
    /** Present where attributes were asked for. */
    readonly attributes?: number;
    readonly match: number;
    readonly total: number;
  };
}

export interface ModelInfo {
  readonly detector: string;
  readonly embedder: string;
  /** `nearest`, `knn` or `svm`. */
  readonly matcher: string;
  /** Why the configured matcher was not used, one sentence. */
  readonly matcherNote?: string;
  readonly engine: string;
  readonly provider: string;
  /** Whether faces were judged to be living people, and whether a name needed that; the server's policy or the request's. */
  readonly liveness: LivenessPolicy;
}

export interface Verification extends Withheld {
  /** False also where `withheld` is set. */
  readonly same: boolean;
  readonly distance: number;
  readonly threshold: number;
  /** The share of pairs of strangers who are this near; null for an embedder without an impostor table. */
  readonly falseMatchRate: number | null;
  /** The largest face of each photo, which was compared. */
  readonly faces: readonly [ComparedFace, ComparedFace];
}

export interface ComparedFace extends JudgedFace, PhotoSearch {
  readonly facesFound: number;
}

/** Recognises and compares faces. Photos are not stored. */
export class RecognitionService {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly matching: MatcherSource,
    private readonly lookup: PersonLookup,
    readonly thresholds: ThresholdSource,
    private readonly observer: Observer = noObserver,
    private readonly liveness: () => LivenessPolicy = () => 'off',
  ) {}

  /** The server's threshold, for requests without one. */
  get threshold(): number {
    return this.thresholds.current();
  }

  /** Whether requests may ask for attributes. */
  get guessesAttributes(): boolean {
    return this.pipeline.info.attributes;
  }

  get model(): ModelInfo {
    return this.modelWith(this.matching.current().id);
  }

  /** @throws RostroError `liveness_unavailable`, those of the pipeline; the signal's reason */
  async detect(
    bytes: Uint8Array,
    { liveness: asked, ...search }: SearchOptions & Pick<NamingOptions, 'liveness'> = {},
    signal?: AbortSignal,
  ): Promise<Detection> {
    const liveness = livenessPolicy(asked, this.liveness()) !== 'off';
    return this.pipeline.run('detect', { bytes, ...search, liveness }, signal);
  }

  /** @throws RostroError `liveness_unavailable`, those of the pipeline; the signal's reason */
  async recognize(
    bytes: Uint8Array,
    { tiles, upright, attributes: asked, ...options }: NamingOptions & SearchOptions = {},
    signal?: AbortSignal,
  ): Promise<Recognition> {
    const threshold = thresholdOf(options, this.threshold);
    const policy = livenessPolicy(options.liveness, this.liveness());
    const start = performance.now();
    const request = { bytes, tiles, upright, attributes: asked, liveness: policy !== 'off' };
    const { faces, facesFound, timingsMs, ...photo } = await this.pipeline.run('analyse', request, signal);
    const matchStart = performance.now();
    const { lookup, thresholds } = this;
    const examples = lookup.exampleCount(options.group);
    const matcher = this.matching.current();
    const among = lookup.groupMembers(options.group);
    const matches = await nameFaces(faces, policy, { matcher, threshold, options, among });
    const shown = options.limited ? matches.map((match) => limitMatch(match, threshold)) : matches;
    const recognized = faces.map(({ box, confidence, landmarks, live, attributes }, i) => ({
      box,
      confidence,
      landmarks,
      live,
      ...(attributes && { attributes }),
      ...shown[i],
      ...withheld(policy, live),
      ...lookup.infoOf(matches[i], options),
      threshold,
      falseMatchRate: thresholds.falseMatchRate(shown[i].distance, examples),
    }));
    const end = performance.now();
    const times = { ...timingsMs, match: end - matchStart, total: end - start };
    this.observer.facesNamed('recognize', matches, matches, times);
    return { ...photo, faces: recognized, facesFound, model: this.modelWith(matcher.id, policy), timingsMs: times };
  }

  /** Waits until the matcher knows the gallery as it is. */
  settled(): Promise<void> {
    return this.matching.ready();
  }

  /**
   * Compares the largest face of each photo.
   * @throws RostroError `no_face`, saying in which photo; `liveness_unavailable`
   */
  async verify(
    photos: readonly [Uint8Array, Uint8Array],
    {
      threshold = this.threshold,
      limited,
      attributes,
      liveness: asked,
    }: Pick<NamingOptions, 'threshold' | 'limited' | 'liveness'> & Pick<SearchOptions, 'attributes'> = {},
    signal?: AbortSignal,
  ): Promise<Verification> {
    const policy = livenessPolicy(asked, this.liveness());
    const liveness = policy !== 'off';
    const analyses = await Promise.all(
      photos.map((bytes) => this.pipeline.run('analyse', { bytes, attributes, liveness }, signal)),
    );
    const [a, b] = analyses.map(largestFace);
    const exact = euclideanDistance(a.embedding, b.embedding);
    const distance = limited ? limitedDistance(exact) : exact;
    const missing = withheld(policy, ...[a, b].map(({ live }) => live));
    const same = distance <= threshold && missing.withheld === undefined;
    this.observer.facesCompared(same, distance);
    return {
      same,
      ...missing,
      distance,
      threshold,
      falseMatchRate: this.thresholds.falseMatchRate(distance, 1),
      faces: [compared(a, analyses[0]), compared(b, analyses[1])],
    };
  }

  private modelWith(matcher: string, liveness = this.liveness()): ModelInfo {
    const { detector, engine, provider, contract } = this.pipeline.info;
    const { note } = this.matching;
    return {
      detector,
      embedder: contract.name,
      matcher,
      ...(note !== null && { matcherNote: note }),
      engine,
      provider,
      liveness,
    };
  }
}

function largestFace({ faces }: Analysis, index: number): EmbeddedFace {
  const area = ({ box }: Face) => box.width * box.height;
  if (faces.length === 0) {
    throw new RostroError('no_face', `No face was found in the ${index === 0 ? 'first' : 'second'} photo.`, {
      details: { photo: index },
    });
  }
  return faces.reduce((largest, face) => (area(face) > area(largest) ? face : largest));
}

function compared(
  { box, confidence, landmarks, live, attributes }: EmbeddedFace,
  { image, rotated, smallestFace, warnings, facesFound }: Analysis,
): ComparedFace {
  const face = { box, confidence, landmarks, live, ...(attributes && { attributes }) };
  return { ...face, image, rotated, smallestFace, warnings, facesFound };
}
