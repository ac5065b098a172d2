import { RostroError } from '../shared/errors.js';
import { euclideanDistance, type Match } from '../matching/matcher.js';
import type { Matching } from '../matching/classifiers/matching.js';
import type { Directory, NamedPerson } from './directory.js';
import { nameFaces, type Wishes } from './name-faces.js';
import { nobody, type Observer } from './observer.js';
import type { Analysis, Detection, EmbeddedFace, Face, ImageSize, Pipeline } from '../faces/pipeline/pipeline.js';

export interface RecognizedFace extends Face, Match, NamedPerson {
  readonly threshold: number;
}

export interface Recognition {
  readonly image: ImageSize;
  /** The largest ones where the photo shows more than the server embeds. */
  readonly faces: readonly RecognizedFace[];
  /** All that were found. */
  readonly facesFound: number;
  readonly model: ModelInfo;
  readonly timingsMs: {
    readonly decode: number;
    readonly detect: number;
    readonly embed: number;
    readonly match: number;
    readonly total: number;
  };
}

export interface ModelInfo {
  readonly detector: string;
  readonly embedder: string;
  /** Who answered: `nearest`, `knn`, `svm`. */
  readonly matcher: string;
  /** Why it was not the wanted matcher, in a sentence. */
  readonly matcherNote?: string;
  readonly engine: string;
  readonly provider: string;
}

export interface Verification {
  readonly same: boolean;
  readonly distance: number;
  readonly threshold: number;
  /** The face that was compared in each photo, the largest, and how many faces the photo shows. */
  readonly faces: readonly [ComparedFace, ComparedFace];
}

export interface ComparedFace extends Face {
  readonly image: ImageSize;
  readonly facesFound: number;
}

/** Names the faces of a photo. The photo is never kept. */
export class RecognitionService {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly matching: Matching,
    private readonly directory: Directory,
    readonly threshold: number,
    private readonly observer: Observer = nobody,
  ) {}

  get model(): ModelInfo {
    return this.modelWith(this.matching.current().id);
  }

  detect(bytes: Uint8Array, signal?: AbortSignal): Promise<Detection> {
    return this.pipeline.detect(bytes, signal);
  }

  /** @throws the signal's reason once it is aborted */
  async recognize(bytes: Uint8Array, wishes: Wishes = {}, signal?: AbortSignal): Promise<Recognition> {
    const threshold = wishes.threshold ?? this.threshold;
    const start = performance.now();
    const { image, faces, facesFound, timingsMs } = await this.pipeline.analyse(bytes, signal);
    const matchStart = performance.now();
    const { directory } = this;
    const matcher = this.matching.current();
    const embeddings = faces.map(({ embedding }) => embedding);
    const matches = await nameFaces(embeddings, { matcher, threshold, wishes, among: directory.members(wishes.group) });
    const named = faces.map(({ box, confidence, landmarks }, i) => ({
      ...{ box, confidence, landmarks },
      ...matches[i],
      ...directory.toldOf(matches[i], wishes),
      threshold,
    }));
    const end = performance.now();
    const times = { ...timingsMs, match: end - matchStart, total: end - start };
    this.observer.named('recognize', named, named, times);
    return { image, faces: named, facesFound, model: this.modelWith(matcher.id), timingsMs: times };
  }

  /** Waits until the matcher knows the gallery as it is. */
  settled(): Promise<void> {
    return this.matching.settled();
  }

  /**
   * Compares the largest face of each photo.
   * @throws RostroError `no_face`, saying in which photo
   */
  async verify(
    photos: readonly [Uint8Array, Uint8Array],
    threshold = this.threshold,
    signal?: AbortSignal,
  ): Promise<Verification> {
    const analyses = await Promise.all(photos.map((photo) => this.pipeline.analyse(photo, signal)));
    const [a, b] = analyses.map(largestFace);
    const distance = euclideanDistance(a.embedding, b.embedding);
    this.observer.compared(distance <= threshold, distance);
    return {
      same: distance <= threshold,
      distance,
      threshold,
      faces: [compared(a, analyses[0]), compared(b, analyses[1])],
    };
  }

  private modelWith(matcher: string): ModelInfo {
    const { detector, engine, provider, contract } = this.pipeline.info;
    const { note } = this.matching;
    return {
      detector,
      embedder: contract.name,
      matcher,
      ...(note !== null && { matcherNote: note }),
      engine,
      provider,
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

function compared({ box, confidence, landmarks }: EmbeddedFace, { image, facesFound }: Analysis): ComparedFace {
  return { box, confidence, landmarks, image, facesFound };
}
