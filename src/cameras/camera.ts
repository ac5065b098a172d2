import { setTimeout as sleep } from 'node:timers/promises';
import { encodeJpeg } from '../faces/image/decode.js';
import type { RgbImage } from '../faces/image/image.js';
import { RostroError } from '../shared/errors.js';
import { jpegOf } from '../live/visit-recorder.js';
import type { CameraState, CameraStatus } from './camera-status.js';
import { CameraWatch, type CameraWatchParts } from './camera-watch.js';
import { capture } from './capture.js';
import { NewestFrame } from './newest-frame.js';
import type { CameraFailure } from './camera-failure.js';
import type { CameraSettings } from './camera-settings.js';
import { type CameraSource, parseSource } from './source.js';

/** Interval in which visits are ended while no frames come. */
const EXPIRE_EVERY_MS = 500;
/** A camera that was connected for longer is reconnected with the shortest delay. */
const STABLE_MS = 10_000;

export interface CameraParts extends Omit<CameraWatchParts, 'isVideo' | 'stopped'> {
  /** Name or path of the program. */
  readonly ffmpeg: string;
  /** Whether the camera was added while the server runs, and can be changed. Default: false. */
  readonly isEditable?: boolean;
  /** Whether to process every picture of a file, as fast as possible and with the times of the video. */
  readonly asVideo?: boolean;
  /** Whether to retry a source that has never sent a picture. Default: true. */
  readonly retriesFirstConnection?: boolean;
}

/** A camera of the server: reconnects, drops frames instead of falling behind, reports its status. */
export class Camera {
  readonly watch: CameraWatch;
  readonly source: CameraSource;
  state: CameraState = 'off';
  stateSince = new Date();
  /** Why there are no pictures; null while live. */
  error: CameraFailure | null = null;
  /** How often the connection was lost. */
  reconnects = 0;
  lastFrameAt: Date | null = null;
  private readonly frames: NewestFrame;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Number of pictures of a video so far. */
  private videoFrames = 0;

  /** @throws RostroError `bad_config` */
  constructor(private readonly parts: CameraParts) {
    this.source = parseSource(parts.settings.source);
    this.watch = new CameraWatch({ ...parts, isVideo: parts.asVideo ?? false, stopped: this.stopped.signal });
    this.frames = new NewestFrame((frame) => this.watch.process(frame));
  }

  get id(): string {
    return this.parts.settings.id;
  }

  get settings(): CameraSettings {
    return this.parts.settings;
  }

  get isEditable(): boolean {
    return this.parts.isEditable ?? false;
  }

  get dropped(): number {
    return this.frames.dropped;
  }

  get status(): CameraStatus {
    const { watch, state, stateSince, error, reconnects, lastFrameAt, dropped } = this;
    const { settings, isEditable } = this;
    const now = performance.now();
    const { looked, failed, newest } = watch;
    return {
      id: settings.id,
      name: settings.name ?? settings.id,
      source: this.source.shown,
      editable: isEditable,
      state,
      since: stateSince.toISOString(),
      error,
      reconnects,
      picture: newest && { width: newest.image.width, height: newest.image.height },
      lastFrameAt: lastFrameAt?.toISOString() ?? null,
      frames: { looked, dropped, failed, perSecond: Number(watch.rate.perSecond(now).toFixed(1)) },
      lagMs: watch.lagMs === null ? null : Math.round(watch.lagMs),
      present: watch.visits.present.map(({ track, name, since, face, best }) => ({
        track,
        person: name,
        since: new Date(Date.now() - (now - since)).toISOString(),
        distance: face.distance,
        hasCrop: best !== null,
      })),
    };
  }

  /** Resolves when the camera is closed, a file has ended, or a source failed that is not retried. */
  start(): Promise<void> {
    const ticker = setInterval(() => this.tick(), EXPIRE_EVERY_MS).unref();
    this.running = this.run(this.stopped.signal).finally(() => clearInterval(ticker));
    return this.running;
  }

  /** The newest frame, a JPEG. @throws RostroError `camera_not_live` */
  snapshot(): Promise<Uint8Array> {
    const { newest } = this.watch;
    if (this.state === 'live' && newest !== null) return encodeJpeg(newest.image);
    throw new RostroError('camera_not_live', `The camera "${this.id}" has no picture at the moment.`);
  }

  /** The best crop of a person who is present, a JPEG. @throws RostroError `track_not_found` */
  crop(track: number): Promise<Uint8Array> {
    const best = this.watch.visits.present.findLast((visit) => visit.track === track)?.best;
    if (best) return jpegOf(best.image);
    throw new RostroError('track_not_found', `The camera "${this.id}" shows nobody with the track ${track}.`);
  }

  /** Stops the camera and ends all visits. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
    this.setState('off');
  }

  private async run(signal: AbortSignal): Promise<void> {
    const state = await this.connectUntilStopped(signal);
    // Waits for the current frame, because it may begin a visit.
    await this.frames.stop();
    this.watch.end();
    this.setState(state);
  }

  /** @returns the final state */
  private async connectUntilStopped(signal: AbortSignal): Promise<CameraState> {
    const isStopped = () => signal.aborted;
    let failures = 0;
    while (!isStopped()) {
      this.setState('connecting');
      const start = performance.now();
      const end = await this.capture(signal);
      if (isStopped()) break;
      if (end.reason === null) return 'ended';
      if (end.frames > 0) this.reconnects++;
      failures = performance.now() - start > STABLE_MS && end.frames > 0 ? 1 : failures + 1;
      this.fail(end.reason);
      if (this.parts.retriesFirstConnection === false && this.lastFrameAt === null) return 'failed';
      await sleep(reconnectDelayMs(failures), undefined, { signal, ref: false }).catch(() => undefined);
    }
    return 'off';
  }

  private capture(signal: AbortSignal) {
    const { ffmpeg, settings, asVideo = false } = this.parts;
    const { fps, maxSidePx, rotate, transport, loop, silenceSeconds } = settings;
    const options = { fps, maxSidePx, rotate, transport, loop, pace: asVideo ? 'taken' : 'camera' } as const;
    const silenceMs = 1000 * silenceSeconds;
    const onFrame = asVideo
      ? (image: RgbImage) => this.onVideoFrame(image)
      : (image: RgbImage) => this.onCameraFrame(image);
    return capture({ ffmpeg, source: this.source, options, silenceMs, onFrame }, signal);
  }

  private onCameraFrame(image: RgbImage): void {
    this.markLive();
    this.frames.put({ image, at: performance.now() });
  }

  private async onVideoFrame(image: RgbImage): Promise<void> {
    this.markLive();
    await this.watch.process({ image, at: (1000 * this.videoFrames++) / this.parts.settings.fps });
  }

  private markLive(): void {
    this.lastFrameAt = new Date();
    if (this.state === 'live') return;
    this.setState('live');
    this.error = null;
    this.parts.log.info({ camera: this.id }, 'a camera is live');
  }

  private tick(): void {
    if (!this.parts.asVideo) this.watch.expire(performance.now());
  }

  private fail(reason: CameraFailure): void {
    const { code, message } = reason;
    if (this.error?.code !== code)
      this.parts.log.warn({ camera: this.id, code, reason: message }, 'a camera sends no pictures');
    this.error = reason;
    this.setState('waiting');
  }

  private setState(state: CameraState): void {
    if (this.state !== state) this.stateSince = new Date();
    this.state = state;
  }
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/**
 * The delay before the next attempt: doubles with each failure up to 30 s, minus a random share of up to a half, so that
 * cameras behind one switch do not reconnect all at once.
 * @param failures failed attempts in a row, from 1
 * @param random 0..1
 */
export function reconnectDelayMs(failures: number, random = Math.random()): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
  return full * (1 - random / 2);
}
