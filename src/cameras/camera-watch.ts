import type { NewEvent } from '../events/event.js';
import { cropAround, type RgbImage } from '../faces/image/image.js';
import type { LiveRecognition, LiveSessions, OpenSession } from '../live/live-sessions.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { CameraSettings } from './camera-settings.js';
import type { Frame } from './newest-frame.js';
import { VisitRecorder, type VisitRecorderParts } from '../live/visit-recorder.js';
import { type Change, type SeenFace, type Visit, Visits } from '../live/visits.js';

/** Side of a crop divided by the longer side of the face. */
const CROP_SCALE = 1.6;

export interface CameraWatchParts {
  readonly settings: CameraSettings;
  readonly live: Pick<LiveSessions, 'open'>;
  readonly publish: (event: NewEvent) => void;
  /** Where visits are recorded; null: nowhere. */
  readonly history?: Pick<VisitRecorderParts, 'history' | 'contract'> | null;
  /** Called with the faces of every frame, before the visits know them. */
  readonly onFaces?: (camera: string, faces: LiveRecognition['faces']) => void;
  /** Time limit for one frame. */
  readonly deadlineMs: number;
  readonly log: Logger;
  /** Whether the times of frames are positions in a video instead of clock times. */
  readonly isVideo: boolean;
  /** Cancels the current frame and all later ones. */
  readonly stopped: AbortSignal;
}

/** Recognizes the faces in the frames of one camera and publishes who comes and leaves. Keeps only the newest frame. */
export class CameraWatch {
  readonly visits: Visits;
  readonly rate = new FrameRate();
  looked = 0;
  failed = 0;
  /** From the arrival of the last frame to its names, milliseconds. */
  lagMs: number | null = null;
  newest: Frame | null = null;
  private readonly session: OpenSession;
  private readonly recorder: VisitRecorder | null;
  private at = 0;
  private isProcessing = false;

  constructor(private readonly parts: CameraWatchParts) {
    this.session = parts.live.open(() => this.at);
    const embeddingOf = (track: number) => this.session.embeddingOf(track);
    this.visits = new Visits({ graceMs: 1000 * parts.settings.graceSeconds, embeddingOf });
    this.recorder = recorderOf(parts);
  }

  /** Never rejects: a frame that cannot be processed is counted as failed. */
  async process(frame: Frame): Promise<void> {
    this.newest = frame;
    this.at = frame.at;
    this.isProcessing = true;
    const recognition = await this.recognise(frame.image);
    this.isProcessing = false;
    if (recognition === null) return;
    this.looked++;
    this.rate.count(performance.now());
    this.lagMs = this.parts.isVideo ? null : performance.now() - frame.at;
    const faces = recognition.faces.filter(
      ({ box }) => Math.min(box.width, box.height) >= this.parts.settings.minFacePx,
    );
    this.parts.onFaces?.(this.parts.settings.id, faces);
    this.publish(this.visits.update(faces, frame.at, (face) => this.cropOf(frame.image, face)));
  }

  /** Ends visits while no frames come. Does nothing while a frame is processed, which may show these people. */
  expire(now: number): void {
    if (!this.isProcessing) this.publish(this.visits.expire(now));
  }

  /** Ends the visits of people who are no longer enrolled, without their names. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    this.publish(this.visits.redactNames(isEnrolled));
  }

  /** Ends all visits; no more frames will come. */
  end(): void {
    this.publish(this.visits.end());
  }

  private async recognise(image: RgbImage): Promise<LiveRecognition | null> {
    const { settings, deadlineMs, log, stopped } = this.parts;
    if (stopped.aborted) return null;
    const { threshold, group } = settings;
    const controller = new AbortController();
    const stop = () => controller.abort(new RostroError('client_gone', 'The camera is stopped.'));
    const timer = setTimeout(
      () => controller.abort(new RostroError('deadline_exceeded', 'The frame took too long.')),
      deadlineMs,
    );
    stopped.addEventListener('abort', stop, { once: true });
    try {
      return await this.session.recognize(image, { threshold, group }, controller.signal);
    } catch (error) {
      this.failed++;
      const code = error instanceof RostroError ? error.code : 'internal';
      log[code === 'internal' ? 'error' : 'debug']({ camera: settings.id, code }, 'a frame could not be processed');
      return null;
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
    }
  }

  private cropOf(image: RgbImage, { box }: SeenFace): RgbImage | null {
    return this.parts.settings.crops ? cropAround(image, box, CROP_SCALE) : null;
  }

  private publish(changes: readonly Change[]): void {
    this.recorder?.note(changes);
    for (const change of changes) this.parts.publish(this.eventOf(change));
  }

  private eventOf({ type, visit, reason }: Change): NewEvent {
    const { settings, isVideo } = this.parts;
    const { box, distance, threshold, falseMatchRate, live } = visit.face;
    const { width, height } = this.newest!.image;
    return {
      type,
      at: new Date().toISOString(),
      camera: settings.id,
      track: visit.track,
      person: visit.name,
      personId: visit.personId,
      distance,
      threshold,
      falseMatchRate,
      live,
      box: { x: box.x, y: box.y, width: box.width, height: box.height },
      picture: { width, height },
      position: isVideo ? positionOf(type, visit) : null,
      seconds: type === 'left' ? (visit.seenAt - visit.since) / 1000 : null,
      reason,
    };
  }
}

/** A video is not recorded: its times are no clock times. */
function recorderOf({ history, isVideo, settings: { id: camera } }: CameraWatchParts): VisitRecorder | null {
  if (!history || isVideo) return null;
  return new VisitRecorder({ ...history, source: 'camera', camera, now: () => performance.now() });
}

/** Position in the video at which the visit began or, for `left`, the person was last seen, seconds. */
function positionOf(type: NewEvent['type'], { since, seenAt }: Readonly<Visit>): number {
  return (type === 'left' ? seenAt : since) / 1000;
}

/** Frames that the rate is computed from. */
const MAX_SAMPLES = 30;
/** Older frames do not count. */
const SAMPLE_WINDOW_MS = 5000;

/** Recent frames per second. Times are milliseconds of one clock. */
export class FrameRate {
  private times: number[] = [];

  count(at: number): void {
    this.times.push(at);
    if (this.times.length > MAX_SAMPLES) this.times.shift();
  }

  perSecond(now: number): number {
    const recent = this.times.filter((at) => now - at <= SAMPLE_WINDOW_MS);
    const span = (recent.at(-1) ?? 0) - (recent.at(0) ?? 0);
    return span > 0 ? (1000 * (recent.length - 1)) / span : 0;
  }
}
