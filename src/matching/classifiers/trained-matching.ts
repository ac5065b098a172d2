import { RostroError } from '../../shared/errors.js';
import { ClassifierMatcher } from './classifier-matcher.js';
import type { Matcher } from '../matcher.js';
import { samplesOf, type Samples } from './samples.js';
import { classifierOf, whyUntrainable, type TrainingOptions } from './training/train.js';
import type { Logger } from '../../shared/logger.js';
import type { Gallery } from '../../gallery/gallery.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import {
  discardClassifier,
  galleryClassifierFile,
  loadClassifier,
  loadStrangers,
  noSamples,
  saveClassifier,
  seenPeople,
  type SeenPeople,
  type StoredClassifier,
} from './classifier-store.js';
import type { LearningThread } from './learning-thread.js';
import type { Matching } from './matching.js';

export interface TrainedMatchingParts {
  readonly options: TrainingOptions;
  readonly gallery: Gallery;
  readonly contract: { readonly id: string; readonly dimension: number };
  readonly stateDir: string;
  /** Of what is kept in `stateDir`. */
  readonly vault: Vault;
  readonly thread: Pick<LearningThread, 'train'>;
  /** Answers while there is no classifier. */
  readonly nearest: Matcher;
  readonly log: Logger;
}

/** How often the gallery is looked at when nobody asks. */
const LOOK_EVERY_MS = 1000;
const QUIET_MS = 300;
const MAX_WAIT_MS = 10_000;

/**
 * A classifier of the gallery that is trained anew, in a thread, when the gallery has changed. The old one answers
 * meanwhile, but names nobody who is gone. Where none can be trained the nearest example answers.
 */
export class TrainedMatching implements Matching {
  readonly learns = true;
  #matcher: Matcher | null = null;
  #note: string | null;
  #knownVersion: number | null = null;
  #training: Promise<void> | null = null;
  #closed = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly parts: TrainedMatchingParts) {
    this.#note = `the ${parts.options.kind} classifier is being trained`;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Takes up the classifier that was saved, where it is of the gallery as it is; trains one otherwise. */
  static async open(parts: TrainedMatchingParts): Promise<TrainedMatching> {
    const matching = new TrainedMatching(parts);
    await matching.#restore();
    matching.#look();
    return matching;
  }

  get note(): string | null {
    return this.#matcher === null ? this.#note : null;
  }

  current(): Matcher {
    this.#look();
    return this.#matcher ?? this.parts.nearest;
  }

  async settled(): Promise<void> {
    this.#look();
    while (this.#training !== null) await this.#training;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#training;
  }

  #look(): void {
    if (this.#training !== null || this.#closed || this.#knownVersion === this.parts.gallery.version) return;
    this.#training = this.#train().finally(() => {
      this.#training = null;
      this.#look();
    });
  }

  async #restore(): Promise<void> {
    const { options, gallery, contract, stateDir, vault } = this.parts;
    const stored = await loadClassifier(galleryClassifierFile(stateDir), contract.id, vault);
    if (stored === null || !('people' in stored.trainedOn)) return;
    const strangers = (await loadStrangers(stateDir, contract.id, vault)) ?? noSamples(contract.dimension);
    const seen = seenPeople(gallery.people());
    const asWanted = same(stored.options, options) && same([...stored.strangers.matrix], [...strangers.matrix]);
    if (asWanted && same(stored.trainedOn.people, seen)) this.#use(stored, samplesOf(gallery.embedded()), seen);
  }

  async #train(): Promise<void> {
    const { options, gallery, contract, stateDir, vault, thread, log } = this.parts;
    await this.#quiet();
    const { version } = gallery;
    const seen = seenPeople(gallery.people());
    const samples = samplesOf(gallery.embedded());
    this.#knownVersion = version;
    try {
      const strangers = (await loadStrangers(stateDir, contract.id, vault)) ?? noSamples(contract.dimension);
      const why = whyUntrainable(samples, strangers.person.length);
      if (why !== null) {
        this.#matcher = null;
        this.#note = `${why}; the nearest example answers`;
        await discardClassifier(galleryClassifierFile(stateDir));
        return;
      }
      const { state, decision } = await thread.train(samples, strangers, options);
      const trainedAt = new Date().toISOString();
      const made = { version: 1, contract: contract.id, trainedAt, options, strangers } as const;
      const stored: StoredClassifier = { ...made, trainedOn: { people: seen }, state, decision };
      this.#use(stored, samples, seen);
      await saveClassifier(galleryClassifierFile(stateDir), stored, vault);
      // Somebody may have been erased meanwhile; they must not stay in the file until the next training ends.
      if (gallery.version !== version) await discardClassifier(galleryClassifierFile(stateDir));
    } catch (error) {
      if (this.#closed) return;
      const reason = error instanceof RostroError ? error.code : error instanceof Error ? error.message : String(error);
      log.warn({ reason }, `the ${options.kind} classifier could not be trained or saved`);
      this.#matcher = null;
      this.#note = `the ${options.kind} classifier could not be trained; the nearest example answers`;
    }
  }

  /** Waits until photos have stopped coming in, or long enough: one training after an upload of many is enough. */
  async #quiet(): Promise<void> {
    const { gallery } = this.parts;
    for (let waited = 0; waited < MAX_WAIT_MS; waited += QUIET_MS) {
      const { version } = gallery;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      if (gallery.version === version) return;
    }
  }

  #use({ options, state, decision, strangers }: StoredClassifier, samples: Samples, seen: SeenPeople): void {
    const { gallery, nearest } = this.parts;
    this.#knownVersion ??= gallery.version;
    this.#matcher = new ClassifierMatcher({
      kind: options.kind,
      classifier: classifierOf(state, samples, strangers),
      decision,
      names: samples.names,
      isThere: whoIsThere(gallery, seen),
      nearest,
    });
  }
}

/** A person is still there while someone of that name has an example that was trained on. */
function whoIsThere(gallery: Gallery, seen: SeenPeople): (person: number) => boolean {
  let looked: { readonly version: number; readonly there: readonly boolean[] } | null = null;
  return (person) => {
    if (looked?.version !== gallery.version) {
      const now = new Map(gallery.people().map(({ name, examples }) => [name, new Set(examples.map(({ id }) => id))]));
      const there = seen.map(({ name, examples }) => examples.some((id) => now.get(name)?.has(id)));
      looked = { version: gallery.version, there };
    }
    return looked.there[person];
  };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
