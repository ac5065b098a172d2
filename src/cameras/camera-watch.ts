import type { Happening } from '../events/event.js';
import { cutOut, type RgbImage } from '../faces/image/image.js';
import type { LiveRecognition, LiveSessions, OpenSession } from '../live/live-sessions.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { CameraSettings } from './camera-settings.js';
import type { Frame } from './newest-frame.js';
import { type Change, type SeenFace, type Visit, Visits } from './visits.js';

/** Side of a crop in longer sides of the face. */
const SURROUNDINGS = 1.6;

export interface CameraWatchParts {
  readonly settings: CameraSettings;
  readonly live: Pick<LiveSessions, 'open'>;
  readonly publish: (happening: Happening) => void;
  /** A frame whose faces are not known by then is given up. */
  readonly deadlineMs: number;
  readonly log: Logger;
  /** Whether times of frames are those of a video, not of a clock. */
  readonly isVideo: boolean;
  /** Gives up the frame that is looked at, and those that come. */
  readonly stopped: AbortSignal;
}

/** Looks at the frames of one camera and tells who comes and goes. Keeps the newest frame, and no other. */
export class CameraWatch {
  readonly visits: Visits;
  readonly rate = new FrameRate();
  looked = 0;
  failed = 0;
  /** From the arrival of the last frame to the names in it, milliseconds. */
  lagMs: number | null = null;
  newest: Frame | null = null;
  private readonly session: OpenSession;
  private at = 0;
  private isLooking = false;

  constructor(private readonly parts: CameraWatchParts) {
    this.session = parts.live.open(() => this.at);
    const embeddingOf = (track: number) => this.session.embeddingOf(track);
    this.visits = new Visits({ graceMs: 1000 * parts.settings.graceSeconds, embeddingOf });
  }

  /** Never rejects: a frame that cannot be looked at is left out. */
  async look(frame: Frame): Promise<void> {
    this.newest = frame;
    this.at = frame.at;
    this.isLooking = true;
    const recognition = await this.recognise(frame.image);
    this.isLooking = false;
    if (recognition === null) return;
    this.looked++;
    this.rate.count(performance.now());
    this.lagMs = this.parts.isVideo ? null : performance.now() - frame.at;
    const faces = recognition.faces.filter(
      ({ box }) => Math.min(box.width, box.height) >= this.parts.settings.minFacePx,
    );
    this.tell(this.visits.see(faces, frame.at, (face) => this.cut(frame.image, face)));
  }

  /** For while no frames come. While one is looked at, nobody has left: it may show them. */
  expire(now: number): void {
    if (!this.isLooking) this.tell(this.visits.expire(now));
  }

  /** Whoever is not enrolled any more has left, as somebody without a name. */
  keepNames(isEnrolled: (name: string) => boolean): void {
    this.tell(this.visits.keepNames(isEnrolled));
  }

  /** There will be no more frames, and so every visit is over. */
  end(): void {
    this.tell(this.visits.end());
  }

  private async recognise(image: RgbImage): Promise<LiveRecognition | null> {
    const { settings, deadlineMs, log, stopped } = this.parts;
    if (stopped.aborted) return null;
    const { threshold, group } = settings;
    const over = new AbortController();
    const stop = () => over.abort(new RostroError('client_gone', 'The camera is stopped.'));
    const timer = setTimeout(
      () => over.abort(new RostroError('deadline_exceeded', 'The frame took too long.')),
      deadlineMs,
    );
    stopped.addEventListener('abort', stop, { once: true });
    try {
      return await this.session.recognize(image, { threshold, group }, over.signal);
    } catch (error) {
      this.failed++;
      const code = error instanceof RostroError ? error.code : 'internal';
      log[code === 'internal' ? 'error' : 'debug']({ camera: settings.id, code }, 'a frame was left out');
      return null;
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
    }
  }

  private cut(image: RgbImage, { box }: SeenFace): RgbImage | null {
    return this.parts.settings.crops ? cutOut(image, box, SURROUNDINGS) : null;
  }

  private tell(changes: readonly Change[]): void {
    for (const change of changes) this.parts.publish(this.happening(change));
  }

  private happening({ type, visit, reason }: Change): Happening {
    const { settings, isVideo } = this.parts;
    const { box, distance, threshold } = visit.face;
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
      box: { x: box.x, y: box.y, width: box.width, height: box.height },
      picture: { width, height },
      position: isVideo ? positionOf(type, visit) : null,
      seconds: type === 'left' ? (visit.seenAt - visit.since) / 1000 : null,
      reason,
    };
  }
}

/** Where in the video somebody came, or was last seen. */
function positionOf(type: Happening['type'], { since, seenAt }: Readonly<Visit>): number {
  return (type === 'left' ? seenAt : since) / 1000;
}

/** As many of the last frames are counted. */
const COUNTED = 30;
/** Older ones say nothing about now. */
const RECENT_MS = 5000;

/** How many frames a second there were lately. Times are milliseconds of one clock. */
export class FrameRate {
  private times: number[] = [];

  count(at: number): void {
    this.times.push(at);
    if (this.times.length > COUNTED) this.times.shift();
  }

  perSecond(now: number): number {
    const recent = this.times.filter((at) => now - at <= RECENT_MS);
    const span = (recent.at(-1) ?? 0) - (recent.at(0) ?? 0);
    return span > 0 ? (1000 * (recent.length - 1)) / span : 0;
  }
}
