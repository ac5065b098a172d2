import { setTimeout as sleep } from 'node:timers/promises';
import { encodeJpeg } from '../faces/image/decode.js';
import type { RgbImage } from '../faces/image/image.js';
import { RostroError } from '../shared/errors.js';
import { type CameraState, type CameraStatus, statusOf } from './camera-status.js';
import { CameraWatch, type CameraWatchParts } from './camera-watch.js';
import { capture } from './capture.js';
import { NewestFrame } from './newest-frame.js';
import type { Reason } from './reason.js';
import { type CameraSource, parseSource } from './source.js';

/** How often it is looked whether somebody has left while no frames come. */
const TICK_MS = 500;
/** Who was connected for so long is connected anew at once. */
const STEADY_MS = 10_000;

export interface CameraParts extends Omit<CameraWatchParts, 'isVideo' | 'stopped'> {
  /** The program, or where it lies. */
  readonly ffmpeg: string;
  /** Of a file: its pictures one by one, with the times of the video, as fast as they are looked at. */
  readonly asVideo?: boolean;
  /** Whether a source that has never shown a picture is tried again. Default: yes. */
  readonly keepsTrying?: boolean;
}

/** A camera of the server: stays connected, drops frames instead of being late, says how it is. */
export class Camera {
  readonly watch: CameraWatch;
  readonly source: CameraSource;
  state: CameraState = 'off';
  stateSince = new Date();
  /** Why there are no pictures; null while there are. */
  error: Reason | null = null;
  /** How often the connection was lost. */
  reconnects = 0;
  lastFrameAt: Date | null = null;
  private readonly frames: NewestFrame;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Pictures of a video so far. */
  private taken = 0;

  /** @throws RostroError `bad_config` */
  constructor(private readonly parts: CameraParts) {
    this.source = parseSource(parts.settings.source);
    this.watch = new CameraWatch({ ...parts, isVideo: parts.asVideo ?? false, stopped: this.stopped.signal });
    this.frames = new NewestFrame((frame) => this.watch.look(frame));
  }

  get id(): string {
    return this.parts.settings.id;
  }

  get dropped(): number {
    return this.frames.dropped;
  }

  get status(): CameraStatus {
    return statusOf(this, this.parts.settings);
  }

  /** @returns resolves when it is over: closed, the end of a file, a source that is none */
  start(): Promise<void> {
    const ticker = setInterval(() => this.tick(), TICK_MS).unref();
    this.running = this.run(this.stopped.signal).finally(() => clearInterval(ticker));
    return this.running;
  }

  /** The frame that came last, as JPEG. @throws RostroError `camera_not_live` */
  snapshot(): Promise<Uint8Array> {
    const { newest } = this.watch;
    if (this.state === 'live' && newest !== null) return encodeJpeg(newest.image);
    throw new RostroError('camera_not_live', `The camera "${this.id}" shows nothing at the moment.`);
  }

  /** The best sight of somebody who is there, as JPEG. @throws RostroError `track_not_found` */
  crop(track: number): Promise<Uint8Array> {
    const best = this.watch.visits.present.findLast((visit) => visit.track === track)?.best;
    if (best) return encodeJpeg(best.picture);
    throw new RostroError('track_not_found', `Nobody is before the camera "${this.id}" as number ${track}.`);
  }

  /** Whoever is there has left then. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
    this.enter('off');
  }

  private async run(signal: AbortSignal): Promise<void> {
    const state = await this.follow(signal);
    // The frame that is being looked at may begin a visit; after this nobody would end it.
    await this.frames.stop();
    this.watch.end();
    this.enter(state);
  }

  /** @returns the state that it ends in */
  private async follow(signal: AbortSignal): Promise<CameraState> {
    const isStopped = () => signal.aborted;
    let failures = 0;
    while (!isStopped()) {
      this.enter('connecting');
      const start = performance.now();
      const end = await this.capture(signal);
      if (isStopped()) break;
      if (end.reason === null) return 'ended';
      if (end.frames > 0) this.reconnects++;
      failures = performance.now() - start > STEADY_MS && end.frames > 0 ? 1 : failures + 1;
      this.fail(end.reason);
      if (this.parts.keepsTrying === false && this.lastFrameAt === null) return 'failed';
      await sleep(reconnectDelayMs(failures), undefined, { signal, ref: false }).catch(() => undefined);
    }
    return 'off';
  }

  private capture(signal: AbortSignal) {
    const { ffmpeg, settings, asVideo = false } = this.parts;
    const { fps, maxSidePx, transport, loop, silenceSeconds } = settings;
    const options = { fps, maxSidePx, transport, loop, pace: asVideo ? 'taken' : 'camera' } as const;
    const silenceMs = 1000 * silenceSeconds;
    const onFrame = asVideo ? (image: RgbImage) => this.takeAll(image) : (image: RgbImage) => this.takeNewest(image);
    return capture({ ffmpeg, source: this.source, options, silenceMs, onFrame }, signal);
  }

  private takeNewest(image: RgbImage): void {
    this.arrived();
    this.frames.put({ image, at: performance.now() });
  }

  private async takeAll(image: RgbImage): Promise<void> {
    this.arrived();
    await this.watch.look({ image, at: (1000 * this.taken++) / this.parts.settings.fps });
  }

  private arrived(): void {
    this.lastFrameAt = new Date();
    if (this.state === 'live') return;
    this.enter('live');
    this.error = null;
    this.parts.log.info({ camera: this.id }, 'a camera is live');
  }

  private tick(): void {
    if (!this.parts.asVideo) this.watch.expire(performance.now());
  }

  private fail(reason: Reason): void {
    const { code, message } = reason;
    if (this.error?.code !== code)
      this.parts.log.warn({ camera: this.id, code, reason: message }, 'a camera shows nothing');
    this.error = reason;
    this.enter('waiting');
  }

  private enter(state: CameraState): void {
    if (this.state !== state) this.stateSince = new Date();
    this.state = state;
  }
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next try: twice as long with each, half a minute at most, and by chance up to a half shorter,
 * so that cameras behind one switch do not come back all at once.
 * @param failures tries in a row that brought no picture, from 1
 * @param chance 0..1
 */
export function reconnectDelayMs(failures: number, chance = Math.random()): number {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return full * (1 - chance / 2);
}
