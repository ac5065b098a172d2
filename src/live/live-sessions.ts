import type { CameraFrame } from '../faces/pipeline/live.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Directory, NamedPerson } from '../people/directory.js';
import type { Matching } from '../matching/classifiers/matching.js';
import type { Wishes } from '../people/name-faces.js';
import type { Observer } from '../people/observer.js';
import type { Recognition, RecognitionService } from '../people/recognition.js';
import type { NamingNow } from './identity.js';
import { LiveSession, type LiveSessionParts, type NamedFrame, type TrackedFace } from './live-session.js';

/** A camera that has sent nothing for so long is gone; what was known of its faces is forgotten. */
const EXPIRES_MS = 30_000;
const SWEEP_EVERY_MS = 5_000;

export interface LiveRecognition extends Omit<Recognition, 'faces'> {
  readonly faces: readonly (TrackedFace & NamedPerson)[];
  /** Whether the whole frame was searched, or only the surroundings of the faces of the frame before. */
  readonly found: NamedFrame['found'];
}

export interface LiveSessionsParts {
  readonly pipeline: LiveSessionParts['pipeline'];
  readonly matching: Matching;
  readonly gallery: Pick<Gallery, 'version'>;
  readonly directory: Directory;
  readonly recognition: Pick<RecognitionService, 'model' | 'threshold'>;
  readonly detectEvery: number;
  /** Beyond it the session that was not used for longest is forgotten. */
  readonly maxSessions: number;
  readonly observer?: Observer;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** The frames of one camera, as long as somebody holds it. */
export interface OpenSession {
  /** As `LiveSessions.recognize`. */
  recognize(frame: CameraFrame, wishes: Wishes, signal?: AbortSignal): Promise<LiveRecognition>;
  /** Of a face of the last frames, over its last looks; null before its first, and when it has left. */
  embeddingOf(track: number): Float32Array | null;
}

/** Keeps the frames of different cameras apart. Frames themselves are never kept. */
export class LiveSessions {
  /** The one that was not used for longest comes first. */
  private readonly sessions = new Map<string, LiveSession>();
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
   * @param id whoever knows it continues the session, so it should be hard to guess
   * @param signal of a client that may go, or of a deadline
   * @throws the signal's reason once it is aborted; RostroError `busy` when frames come faster than they can be looked at; those of the pipeline
   */
  recognize(id: string, bytes: Uint8Array, wishes: Wishes = {}, signal?: AbortSignal): Promise<LiveRecognition> {
    return this.answer(this.session(id), bytes, wishes, signal);
  }

  /** A camera of the server's own: nobody else continues it, and it is neither counted nor forgotten. */
  open(now: () => number = this.now): OpenSession {
    const { pipeline, detectEvery } = this.parts;
    const session = new LiveSession({ pipeline, detectEvery, now });
    return {
      recognize: (frame, wishes, signal) => this.answer(session, frame, wishes, signal),
      embeddingOf: (track) => session.embeddingOf(track),
    };
  }

  private async answer(
    session: LiveSession,
    given: CameraFrame,
    wishes: Wishes,
    signal?: AbortSignal,
  ): Promise<LiveRecognition> {
    const start = performance.now();
    const recognized = await session.recognize(given, () => this.naming(wishes), signal);
    const { matchMs, timingsMs, news, ...frame } = recognized;
    const times = { ...timingsMs, match: matchMs, total: performance.now() - start };
    this.parts.observer?.named('live', frame.faces, news, times);
    const { directory, recognition } = this.parts;
    const faces = frame.faces.map((face) => ({ ...face, ...directory.toldOf(face, wishes) }));
    return { ...frame, faces, model: recognition.model, timingsMs: times };
  }

  forget(id: string): void {
    this.sessions.delete(id);
  }

  close(): void {
    clearInterval(this.sweeper);
    this.sessions.clear();
  }

  private session(id: string): LiveSession {
    this.sweep();
    const { pipeline, detectEvery, maxSessions } = this.parts;
    const session = this.sessions.get(id) ?? new LiveSession({ pipeline, detectEvery, now: this.now });
    this.sessions.delete(id);
    this.sessions.set(id, session);
    if (this.sessions.size > maxSessions) this.forget(this.sessions.keys().next().value!);
    return session;
  }

  private sweep(): void {
    const now = this.now();
    for (const [id, { usedAt }] of this.sessions) {
      if (now - usedAt <= EXPIRES_MS) break;
      this.forget(id);
    }
  }

  private naming(wishes: Wishes): NamingNow {
    const { matching, gallery, directory, recognition } = this.parts;
    const { version: galleryVersion } = gallery;
    const threshold = wishes.threshold ?? recognition.threshold;
    const among = directory.members(wishes.group);
    return { matcher: matching.current(), threshold, wishes, among, galleryVersion };
  }
}
