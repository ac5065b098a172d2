import { RostroError } from '../shared/errors.js';
import type { Match } from '../matching/matcher.js';
import type { Before, CameraFrame, LiveFace, LiveFrame } from '../faces/pipeline/live.js';
import type { Face, Pipeline } from '../faces/pipeline/pipeline.js';
import type { Scene } from '../faces/image/appearance.js';
import type { NamingNow } from './identity.js';
import { nameTracks, Track } from './tracks.js';

/** A whole frame is searched at least so often, however many frames a camera sends. */
const DETECT_EVERY_MS = 500;
/** A face that is not seen for longer has left; one that comes back is new. */
const GRACE_MS = 1000;
/** Frames of one session that may wait for the one before; more means that its client does not wait for answers. */
const MAX_WAITING = 4;

export interface TrackedFace extends Face, Match {
  readonly threshold: number;
  /** The same number in every frame for as long as the face is followed; unique in its session. */
  readonly track: number;
  /** How many times it has been embedded: the name is decided over the last of them. */
  readonly looks: number;
}

export interface NamedFrame extends Omit<LiveFrame, 'faces' | 'scene'> {
  readonly faces: readonly TrackedFace[];
  /** Those of them that are new, or named otherwise than before. */
  readonly news: readonly TrackedFace[];
  readonly matchMs: number;
}

export interface LiveSessionParts {
  readonly pipeline: Pick<Pipeline, 'info' | 'live'>;
  /** A whole frame is searched at least every so many. */
  readonly detectEvery: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** The frames of one camera: who was there a moment ago helps to know who is there now. */
export class LiveSession {
  /** First those that the last frame showed, then those that are away. */
  private tracks: readonly Track[] = [];
  private present = 0;
  private scene: Scene | null = null;
  private sinceDetection = 0;
  private detectedAt = -Infinity;
  private nextId = 1;
  private waiting = 0;
  private turn: Promise<unknown> = Promise.resolve();
  usedAt: number;

  constructor(private readonly parts: LiveSessionParts) {
    this.usedAt = parts.now();
  }

  /**
   * Frames are looked at in the order in which they come.
   * @throws the signal's reason once it is aborted; RostroError `busy` when too many wait; those of the pipeline for a frame that is not a usable picture, after
   *   which the session goes on as if that frame had not been
   */
  recognize(frame: CameraFrame, naming: () => NamingNow, signal?: AbortSignal): Promise<NamedFrame> {
    if (this.waiting >= MAX_WAITING) {
      throw new RostroError('busy', 'This session has frames waiting already; send the next one after an answer.');
    }
    this.waiting++;
    this.usedAt = this.parts.now();
    const answer = this.turn.then(() => this.next(frame, naming, signal)).finally(() => this.waiting--);
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Of a face of the last frames, over its last looks; null before its first, and when it has left. */
  embeddingOf(track: number): Float32Array | null {
    return this.tracks.find(({ id }) => id === track)?.identity.mean ?? null;
  }

  private async next(given: CameraFrame, naming: () => NamingNow, signal?: AbortSignal): Promise<NamedFrame> {
    const start = this.parts.now();
    const { faces, scene, ...frame } = await this.parts.pipeline.live(given, this.before(start), signal);
    this.scene = scene;
    if (frame.found === 'detected') [this.sinceDetection, this.detectedAt] = [0, start];
    else this.sinceDetection++;
    const seen = this.update(faces, start);
    const matchStart = performance.now();
    const how = naming();
    const matches = await nameTracks(seen, how);
    const named = faces.map((face, i) => trackedFace(face, seen[i], matches[i], how.threshold));
    const matchMs = performance.now() - matchStart;
    return { ...frame, faces: named, news: named.filter(({ name }, i) => seen[i].name(name)), matchMs };
  }

  private before(now: number): Before {
    const { detectEvery } = this.parts;
    return {
      faces: this.tracks.map((track, i) => track.known(now, i >= this.present)),
      scene: this.scene,
      detectionIsDue: this.sinceDetection + 1 >= detectEvery || now - this.detectedAt >= DETECT_EVERY_MS,
    };
  }

  /** @returns the track of each face */
  private update(faces: readonly LiveFace[], now: number): Track[] {
    const before = this.tracks;
    const seen = faces.map((face) => {
      const known = face.known === null ? undefined : before[face.known];
      const track = known && this.isSamePerson(known, face) ? known : new Track(this.nextId++);
      track.see(face, now);
      return track;
    });
    const away = before.filter((track) => !seen.includes(track) && now - track.seenAt <= GRACE_MS);
    this.tracks = [...seen, ...away];
    this.present = seen.length;
    return seen;
  }

  /** Whoever takes another's place in front of the camera must not take their name. */
  private isSamePerson({ identity }: Track, { embedding }: LiveFace): boolean {
    return embedding === null || identity.accepts(embedding, this.parts.pipeline.info.contract.threshold);
  }
}

function trackedFace(
  { box, confidence, landmarks }: LiveFace,
  { id, identity: { looks } }: Track,
  match: Match,
  threshold: number,
): TrackedFace {
  return { box, confidence, landmarks, ...match, threshold, track: id, looks };
}
