import type { CameraFrame, PhotoSearch } from '../faces/pipeline/pipeline.js';
import type { Gallery } from '../gallery/gallery.js';
import {
  limitMatch,
  livenessPolicy,
  type NamingOptions,
  type PersonInfo,
  type PersonLookup,
  thresholdOf,
} from '../people/naming.js';
import type { MatcherSource } from '../matching/matcher.js';
import type { Observer } from '../people/observer.js';
import type { Recognition, RecognitionService, RecognizedFace } from '../people/recognition.js';
import { currentHolder, heaviestHolder } from '../shared/fair-share.js';
import type { LiveNaming } from './identity.js';
import { SessionVisits } from './session-visits.js';
import type { VisitRecorderParts } from './visit-recorder.js';
import { LiveSession, type LiveSessionParts, type NamedFrame, type TrackedFace } from './live-session.js';

/** A session without frames for longer is deleted. */
const EXPIRES_MS = 30_000;
const SWEEP_EVERY_MS = 5_000;

export interface LiveRecognition extends Omit<Recognition, 'faces' | Exclude<keyof PhotoSearch, 'image'>> {
  readonly faces: readonly (TrackedFace & PersonInfo & Pick<RecognizedFace, 'falseMatchRate'>)[];
  /** Whether the whole frame was searched or only the surroundings of the previous faces. */
  readonly found: NamedFrame['found'];
}

export interface LiveSessionsParts {
  readonly pipeline: LiveSessionParts['pipeline'];
  readonly matching: MatcherSource;
  readonly gallery: Pick<Gallery, 'version'>;
  readonly lookup: PersonLookup;
  readonly recognition: Pick<RecognitionService, 'model' | 'thresholds'>;
  readonly detectEvery: number;
  /** Above this, the key with the most sessions loses its least recently used one. */
  readonly maxSessions: number;
  readonly observer?: Observer;
  /** Where the visits of the sessions are recorded; null: nowhere. */
  readonly history?: Pick<VisitRecorderParts, 'history' | 'contract'> | null;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** A session that does not expire. */
export interface OpenSession {
  /** As `LiveSessions.recognize`. */
  recognize(frame: CameraFrame, options: NamingOptions, signal?: AbortSignal): Promise<LiveRecognition>;
  /** The mean of the last embeddings of a face; null before the first embedding and after the face has left. */
  embeddingOf(track: number): Float32Array | null;
}

interface HeldSession {
  readonly session: LiveSession;
  readonly holder: string;
  /** Null while nothing is recorded. */
  visits: SessionVisits | null;
}

/** The sessions of all cameras. Frames are never kept. */
export class LiveSessions {
  /** The least recently used comes first. */
  private readonly sessions = new Map<string, HeldSession>();
  private readonly sweeper: NodeJS.Timeout;
  private readonly now: () => number;

  constructor(private readonly parts: LiveSessionsParts) {
    this.now = parts.now ?? (() => performance.now());
    this.sweeper = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  get count(): number {
    return this.sessions.size;
  }

  /**
   * @param id hard to guess: it is all that a client needs to continue the session
   * @throws the signal's reason once it is aborted; RostroError `busy` when frames come too fast; `liveness_unavailable`; the
   *   pipeline's errors
   */
  recognize(
    id: string,
    bytes: Uint8Array,
    options: NamingOptions = {},
    signal?: AbortSignal,
  ): Promise<LiveRecognition> {
    const held = this.session(id);
    const { history = null } = this.parts;
    if (history?.history.isOn) held.visits ??= new SessionVisits(held.session, { ...history, now: this.now });
    return this.recognizeIn(held, bytes, options, signal);
  }

  /** Opens a session for a camera of the server. It has no id, is not counted and does not expire. */
  open(now: () => number = this.now): OpenSession {
    const session = this.newSession(now);
    return {
      recognize: (frame, options, signal) => this.recognizeIn({ session, visits: null }, frame, options, signal),
      embeddingOf: (track) => session.embeddingOf(track),
    };
  }

  private async recognizeIn(
    { session, visits }: Pick<HeldSession, 'session' | 'visits'>,
    frame: CameraFrame,
    options: NamingOptions,
    signal?: AbortSignal,
  ): Promise<LiveRecognition> {
    const start = performance.now();
    const liveness = livenessPolicy(options.liveness, this.parts.recognition.model.liveness);
    const recognized = await session.recognize(frame, liveness, () => this.naming(options), signal);
    const { matchMs, timingsMs, changed, ...named } = recognized;
    const times = { ...timingsMs, match: matchMs, total: performance.now() - start };
    this.parts.observer?.facesNamed('live', named.faces, changed, times);
    const { lookup, recognition } = this.parts;
    const examples = lookup.exampleCount(options.group);
    const withRate = <T extends TrackedFace>(face: T) => ({
      ...face,
      ...lookup.infoOf(face, options),
      falseMatchRate: recognition.thresholds.falseMatchRate(face.distance, examples),
    });
    visits?.update(named.faces.map(withRate), this.now());
    const shown = options.limited ? named.faces.map((face) => limitMatch(face, face.threshold)) : named.faces;
    const faces = shown.map(withRate);
    return { ...named, faces, model: { ...recognition.model, liveness }, timingsMs: times };
  }

  forget(id: string): void {
    this.sessions.get(id)?.visits?.end();
    this.sessions.delete(id);
  }

  /** Ends the recorded visits of people who are no longer enrolled. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    for (const { visits } of this.sessions.values()) visits?.redactNames(isEnrolled);
  }

  close(): void {
    clearInterval(this.sweeper);
    for (const id of [...this.sessions.keys()]) this.forget(id);
  }

  private session(id: string): HeldSession {
    this.sweep();
    const held = this.sessions.get(id) ?? this.held();
    this.sessions.delete(id);
    this.sessions.set(id, held);
    if (this.sessions.size > this.parts.maxSessions) this.forgetOne();
    return held;
  }

  private held(): HeldSession {
    const session = this.newSession(this.now, () => this.parts.history?.history.isOn ?? false);
    return { session, holder: currentHolder(), visits: null };
  }

  private newSession(now: () => number, crops?: () => boolean): LiveSession {
    const { pipeline, detectEvery } = this.parts;
    return new LiveSession({ pipeline, detectEvery, now, crops });
  }

  private forgetOne(): void {
    const heaviest = heaviestHolder([...this.sessions.values()].map(({ holder }) => holder));
    for (const [id, { holder }] of this.sessions) {
      if (holder === heaviest) return this.forget(id);
    }
  }

  private sweep(): void {
    const now = this.now();
    for (const [id, { session }] of this.sessions) {
      if (now - session.usedAt <= EXPIRES_MS) break;
      this.forget(id);
    }
  }

  private naming(options: NamingOptions): LiveNaming {
    const { matching, gallery, lookup, recognition } = this.parts;
    const { version: galleryVersion } = gallery;
    const threshold = thresholdOf(options, recognition.thresholds.current());
    const among = lookup.groupMembers(options.group);
    return { matcher: matching.current(), threshold, options, among, galleryVersion };
  }
}
