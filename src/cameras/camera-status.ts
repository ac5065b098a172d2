import type { CameraFailure } from './camera-failure.js';
import type { ImageSize } from '../faces/pipeline/pipeline.js';

export const CAMERA_STATES = ['off', 'connecting', 'live', 'waiting', 'ended', 'failed'] as const;
/** `waiting`: until the next attempt to connect. */
export type CameraState = (typeof CAMERA_STATES)[number];

export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  /** Without path, query and password. */
  readonly source: string;
  /** Whether it was added while the server runs, and not in CAMERAS_FILE. */
  readonly editable: boolean;
  readonly state: CameraState;
  /** ISO 8601, like all times here. */
  readonly since: string;
  /** Why there are no pictures; null while live. */
  readonly error: CameraFailure | null;
  readonly reconnects: number;
  readonly picture: ImageSize | null;
  readonly lastFrameAt: string | null;
  readonly frames: {
    readonly looked: number;
    /** Replaced by a newer frame while another one was processed. */
    readonly dropped: number;
    /** Could not be processed. */
    readonly failed: number;
    readonly perSecond: number;
  };
  /** From the arrival of the last frame to its names. */
  readonly lagMs: number | null;
  readonly present: readonly PresentPerson[];
}

export interface PresentPerson {
  readonly track: number;
  /** Null for an unknown person. */
  readonly person: string | null;
  readonly since: string;
  readonly distance: number | null;
  readonly hasCrop: boolean;
}
