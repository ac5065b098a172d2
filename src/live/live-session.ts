import { RostroError } from '../shared/errors.js';
import type { Match } from '../matching/matcher.js';
import type {
  TrackingState,
  CameraFrame,
  JudgedFace,
  LiveFace,
  LiveFrame,
  Pipeline,
} from '../faces/pipeline/pipeline.js';
import type { Liveness } from '../faces/liveness/liveness.js';
import type { Scene } from '../faces/image/appearance.js';
import type { LiveNaming } from './identity.js';
import { type LivenessPolicy, mayName, withheld, type Withheld, WITHHELD_MATCH } from '../people/naming.js';
import { nameTracks, Track } from './tracks.js';
import { SerialQueue } from '../shared/queue.js';

/** Longest interval between detections in a whole frame. */
const DETECT_EVERY_MS = 500;
/** The frame rate that `detectEvery` is meant for: a faster camera is not searched more often. */
const USUAL_FRAME_MS = 1000 / 30;
/** A face not seen for longer has left; when it comes back, it gets a new track. */
const GRACE_MS = 1000;
/** Waiting frames per session; more come only from a client that does not wait for replies. */
const MAX_WAITING = 4;

export interface TrackedFace extends JudgedFace, Match, Withheld {
  readonly threshold: number;
  /** The same number in every frame for as long as the face is tracked; unique in its session. */
  readonly track: number;
  /** Number of embeddings so far. */
  readonly looks: number;
  /** Number of those that are good enough for a name; the last of them decide it. */
  readonly goodLooks: number;
  /** Quality score of the face when it was last embedded, 0..1. */
  readonly quality: number | null;
  /** Whether the edge of the frame cuts the face. */
  readonly cutOff: boolean;
}

export interface NamedFrame extends Omit<LiveFrame, 'faces' | 'scene'> {
  readonly faces: readonly TrackedFace[];
  /** The new faces and those whose names changed. */
  readonly changed: readonly TrackedFace[];
  readonly matchMs: number;
}

export interface LiveSessionParts {
  readonly pipeline: Pick<Pipeline, 'info' | 'run'>;
  /** Frames from one detection in a whole frame to the next, at most. */
  readonly detectEvery: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Whether crops of the embedded faces are made at the moment, for {@link LiveSession.cropOf}. */
  readonly crops?: () => boolean;
}

/** Recognizes the faces in the frames of one camera and tracks them from frame to frame. */
export class LiveSession {
  /** First the faces of the last frame, then the missing ones. */
  private tracks: readonly Track[] = [];
  private present = 0;
  private scene: Scene | null = null;
  private sinceDetection = 0;
  private detectedAt = -Infinity;
  private nextId = 1;
  private waiting = 0;
  private readonly frames = new SerialQueue();
  usedAt: number;

  constructor(private readonly parts: LiveSessionParts) {
    this.usedAt = parts.now();
  }

  /**
   * Processes frames in the order of their arrival. A frame that fails does not change the session.
   * @param policy of this frame
   * @throws the signal's reason once it is aborted; RostroError `busy` when too many frames wait; the pipeline's errors for an
   *   unusable picture
   */
  recognize(
    frame: CameraFrame,
    policy: LivenessPolicy,
    naming: () => LiveNaming,
    signal?: AbortSignal,
  ): Promise<NamedFrame> {
    if (this.waiting >= MAX_WAITING) {
      throw new RostroError('busy', 'This session has frames waiting already; send the next one after a reply.');
    }
    this.waiting++;
    this.usedAt = this.parts.now();
    return this.frames.run(() => this.process(frame, policy, naming, signal)).finally(() => this.waiting--);
  }

  /** The mean of the last embeddings of a face; null before the first embedding and after the face has left. */
  embeddingOf(track: number): Float32Array | null {
    return this.tracks.find(({ id }) => id === track)?.identity.mean ?? null;
  }

  /** JPEG of a face of the last frame when it was last embedded; null without crops. */
  cropOf(track: number): Uint8Array | null {
    return this.tracks.find(({ id }) => id === track)?.crop ?? null;
  }

  private async process(
    given: CameraFrame,
    policy: LivenessPolicy,
    naming: () => LiveNaming,
    signal?: AbortSignal,
  ): Promise<NamedFrame> {
    const start = this.parts.now();
    const crops = this.parts.crops?.() ?? false;
    const { faces, scene, ...frame } = await this.parts.pipeline.run(
      'live',
      { frame: given, state: this.trackingState(start, crops), liveness: policy !== 'off', crops },
      signal,
    );
    this.scene = scene;
    if (frame.found === 'detected') [this.sinceDetection, this.detectedAt] = [0, start];
    else this.sinceDetection++;
    const seen = this.update(faces, start);
    const matchStart = performance.now();
    const how = naming();
    const live = seen.map((track) => this.liveOf(track, policy));
    const matches = await nameLiving(seen, live, policy, how);
    const named = faces.map((face, i): TrackedFace => ({
      ...seenFace(face, seen[i]),
      ...matches[i],
      threshold: how.threshold,
      ...withheld(policy, live[i]),
      live: live[i],
    }));
    const matchMs = performance.now() - matchStart;
    return { ...frame, faces: named, changed: named.filter(({ name }, i) => seen[i].setName(name)), matchMs };
  }

  /** Null where this frame is not judged. */
  private liveOf(track: Track, policy: LivenessPolicy): Liveness | null {
    return policy === 'off' ? null : track.live(this.parts.pipeline.info.livenessThreshold);
  }

  private trackingState(now: number, crops: boolean): TrackingState {
    const { detectEvery } = this.parts;
    const elapsedMs = now - this.detectedAt;
    const isTurn = this.sinceDetection + 1 >= detectEvery && elapsedMs >= (detectEvery - 1) * USUAL_FRAME_MS;
    return {
      faces: this.tracks.map((track, i) => track.toKnownFace(now, i >= this.present, crops)),
      scene: this.scene,
      detectionIsDue: isTurn || elapsedMs >= DETECT_EVERY_MS,
    };
  }

  /** @returns the track of each face */
  private update(faces: readonly LiveFace[], now: number): Track[] {
    const before = this.tracks;
    const seen = faces.map((face) => {
      const known = face.known === null ? undefined : before[face.known];
      const track =
        known && known.accepts(face, this.parts.pipeline.info.contract.threshold) ? known : new Track(this.nextId++);
      track.update(face, now);
      return track;
    });
    const away = before.filter((track) => !seen.includes(track) && now - track.seenAt <= GRACE_MS);
    this.tracks = [...seen, ...away];
    this.present = seen.length;
    return seen;
  }
}

/** The faces that the policy lets have a name are named; the others get {@link WITHHELD_MATCH}. */
async function nameLiving(
  tracks: readonly Track[],
  live: readonly (Liveness | null)[],
  policy: LivenessPolicy,
  how: LiveNaming,
): Promise<Match[]> {
  const living = tracks.filter((_, i) => mayName(policy, live[i]));
  const matches = await nameTracks(living, how);
  return tracks.map((track) => matches[living.indexOf(track)] ?? WITHHELD_MATCH);
}

function seenFace({ box, confidence, landmarks, cutOff }: LiveFace, track: Track) {
  const { quality, identity } = track;
  const { looks, goodLooks } = identity;
  return { box, confidence, landmarks, track: track.id, looks, goodLooks, quality, cutOff };
}
