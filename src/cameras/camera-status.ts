import type { Reason } from './reason.js';
import type { ImageSize } from '../faces/pipeline/pipeline.js';
import type { Camera } from './camera.js';
import type { CameraSettings } from './camera-settings.js';

export const CAMERA_STATES = ['off', 'connecting', 'live', 'waiting', 'ended', 'failed'] as const;
/** `waiting`: for the next try to connect. */
export type CameraState = (typeof CAMERA_STATES)[number];

export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  /** Without path, query and password. */
  readonly source: string;
  readonly state: CameraState;
  /** ISO 8601, as all times here. */
  readonly since: string;
  /** Why there are no pictures; null while there are. */
  readonly error: Reason | null;
  readonly reconnects: number;
  readonly picture: ImageSize | null;
  readonly lastFrameAt: string | null;
  readonly frames: {
    readonly looked: number;
    /** Came while another one was looked at, and were not the newest. */
    readonly dropped: number;
    /** Could not be looked at. */
    readonly failed: number;
    readonly perSecond: number;
  };
  /** From the arrival of the last frame to the names in it. */
  readonly lagMs: number | null;
  readonly present: readonly PresentPerson[];
}

export interface PresentPerson {
  readonly track: number;
  /** Null for somebody unknown. */
  readonly person: string | null;
  readonly since: string;
  readonly distance: number | null;
  readonly hasCrop: boolean;
}

export function statusOf(camera: Camera, settings: CameraSettings): CameraStatus {
  const { watch, state, stateSince, error, reconnects, lastFrameAt, dropped } = camera;
  const now = performance.now();
  const { looked, failed, newest } = watch;
  return {
    id: settings.id,
    name: settings.name ?? settings.id,
    source: camera.source.shown,
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
