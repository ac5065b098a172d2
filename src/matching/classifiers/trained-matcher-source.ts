import { RostroError } from '../../shared/errors.js';
import { ClassifierMatcher } from './classifier-matcher.js';
import type { Matcher, MatcherSource } from '../matcher.js';
import { samplesOf, type Samples } from './samples.js';
import { classifierOf, untrainableReason, type TrainingOptions } from './training/train.js';
import type { Logger } from '../../shared/logger.js';
import type { Gallery } from '../../gallery/gallery.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import {
  discardClassifier,
  galleryClassifierFile,
  loadClassifier,
  loadStrangers,
  emptySamples,
  saveClassifier,
  trainablePeople,
  trainedPeople,
  type TrainedPeople,
  type StoredClassifier,
} from './classifier-store.js';
import type { TrainingThread } from './training-thread.js';

export interface TrainedMatcherSourceOptions {
  readonly options: TrainingOptions;
  readonly gallery: Gallery;
  readonly contract: { readonly id: string; readonly dimension: number };
  readonly stateDir: string;
  /** Encrypts the files in `stateDir`. */
  readonly vault: Vault;
  readonly thread: Pick<TrainingThread, 'train'>;
  /** Used while there is no classifier. */
  readonly nearest: Matcher;
  readonly log: Logger;
}

/** Interval at which the gallery is checked for changes without requests. */
const POLL_MS = 1000;
const QUIET_MS = 300;
const MAX_WAIT_MS = 10_000;

/**
 * A classifier of the gallery that is retrained in a thread when the gallery changes. Meanwhile the old one is used,
 * but never names deleted people. When training is not possible, the nearest example is used.
 */
export class TrainedMatcherSource implements MatcherSource {
  readonly retrains = true;
  #matcher: Matcher | null = null;
  #note: string | null;
  #knownVersion: number | null = null;
  #training: Promise<void> | null = null;
  #closed = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly parts: TrainedMatcherSourceOptions) {
    this.#note = `the ${parts.options.kind} classifier is being trained`;
    this.#timer = setInterval(() => this.#checkGallery(), POLL_MS).unref();
  }

  /** Loads the saved classifier if it matches the current gallery; otherwise trains one. */
  static async open(parts: TrainedMatcherSourceOptions): Promise<TrainedMatcherSource> {
    const matching = new TrainedMatcherSource(parts);
    await matching.#restore();
    matching.#checkGallery();
    return matching;
  }

  get note(): string | null {
    return this.#matcher === null ? this.#note : null;
  }

  current(): Matcher {
    this.#checkGallery();
    return this.#matcher ?? this.parts.nearest;
  }

  async ready(): Promise<void> {
    this.#checkGallery();
    while (this.#training !== null) await this.#training;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#training;
  }

  #checkGallery(): void {
    if (this.#training !== null || this.#closed || this.#knownVersion === this.parts.gallery.version) return;
    this.#training = this.#train().finally(() => {
      this.#training = null;
      this.#checkGallery();
    });
  }

  async #restore(): Promise<void> {
    const { options, gallery, contract, stateDir, vault } = this.parts;
    const stored = await loadClassifier(galleryClassifierFile(stateDir), contract.id, vault);
    if (stored === null || !('people' in stored.trainedOn)) return;
    const strangers = (await loadStrangers(stateDir, contract.id, vault)) ?? emptySamples(contract.dimension);
    const trainable = trainablePeople(gallery.embedded());
    const trainingSet = trainedPeople(trainable);
    const isCurrent = isEqual(stored.options, options) && isEqual([...stored.strangers.matrix], [...strangers.matrix]);
    if (isCurrent && isEqual(stored.trainedOn.people, trainingSet))
      this.#activate(stored, samplesOf(trainable), trainingSet);
  }

  async #train(): Promise<void> {
    const { options, gallery, contract, stateDir, vault, thread, log } = this.parts;
    await this.#waitUntilQuiet();
    const { version } = gallery;
    const trainable = trainablePeople(gallery.embedded());
    const trainingSet = trainedPeople(trainable);
    const samples = samplesOf(trainable);
    this.#knownVersion = version;
    try {
      const strangers = (await loadStrangers(stateDir, contract.id, vault)) ?? emptySamples(contract.dimension);
      const untrainable = untrainableReason(samples, strangers.person.length);
      if (untrainable !== null) {
        this.#matcher = null;
        this.#note = `${untrainable}; the nearest example is used`;
        await discardClassifier(galleryClassifierFile(stateDir));
        return;
      }
      const { state, decision } = await thread.train(samples, strangers, options);
      const trainedAt = new Date().toISOString();
      const common = { version: 1, contract: contract.id, trainedAt, options, strangers } as const;
      const stored: StoredClassifier = { ...common, trainedOn: { people: trainingSet }, state, decision };
      this.#activate(stored, samples, trainingSet);
      await saveClassifier(galleryClassifierFile(stateDir), stored, vault);
      // If a person was deleted meanwhile, their data must not stay in the file until the next training ends.
      if (gallery.version !== version) await discardClassifier(galleryClassifierFile(stateDir));
    } catch (error) {
      if (this.#closed) return;
      const reason = error instanceof RostroError ? error.code : error instanceof Error ? error.message : String(error);
      log.warn({ reason }, `the ${options.kind} classifier could not be trained or saved`);
      this.#matcher = null;
      this.#note = `the ${options.kind} classifier could not be trained; the nearest example is used`;
    }
  }

  /** Waits until the gallery stops changing, up to a limit, so that many uploads cause one training. */
  async #waitUntilQuiet(): Promise<void> {
    const { gallery } = this.parts;
    for (let waited = 0; waited < MAX_WAIT_MS; waited += QUIET_MS) {
      const { version } = gallery;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      if (gallery.version === version) return;
    }
  }

  #activate(
    { options, state, decision, strangers }: StoredClassifier,
    samples: Samples,
    trainingSet: TrainedPeople,
  ): void {
    const { gallery, nearest } = this.parts;
    this.#knownVersion ??= gallery.version;
    this.#matcher = new ClassifierMatcher({
      kind: options.kind,
      classifier: classifierOf(state, samples, strangers),
      decision,
      names: samples.names,
      isEnrolled: enrolmentCheck(gallery, trainingSet),
      nearest,
    });
  }
}

/** A person counts as enrolled while the name has at least one example of the training set. */
function enrolmentCheck(gallery: Gallery, trainingSet: TrainedPeople): (person: number) => boolean {
  let cached: { readonly version: number; readonly there: readonly boolean[] } | null = null;
  return (person) => {
    if (cached?.version !== gallery.version) {
      const now = new Map(gallery.people().map(({ name, examples }) => [name, new Set(examples.map(({ id }) => id))]));
      const there = trainingSet.map(({ name, examples }) => examples.some((id) => now.get(name)?.has(id)));
      cached = { version: gallery.version, there };
    }
    return cached.there[person];
  };
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
