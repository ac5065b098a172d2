import { poseOf, type Pose } from '../faces/image/pose.js';
import { landmarks5From68 } from '../faces/landmarks/landmarks68.js';
import type { ImageSize, ObservedFrame, SeenFace } from '../faces/pipeline/pipeline.js';
import { shapeOf } from './face-shape.js';

/** What one frame of a challenge shows. */
export interface Observation {
  /** When the frame arrived, milliseconds of the server's monotonic clock. */
  readonly at: number;
  readonly image: ImageSize;
  readonly faces: readonly ObservedFace[];
}

/** A face of a frame; all positions are in pixels of the frame as the camera recorded it, not mirrored. */
export interface ObservedFace extends SeenFace {
  /** Null where the points cannot belong to a face. */
  readonly pose: Pose | null;
  /** 0..1: 1 is a wide smile. Only the change between frames of one person tells much. */
  readonly smile: number;
}

/** @param at when the frame arrived, milliseconds of the server's monotonic clock */
export function observationOf({ image, faces }: ObservedFrame, at: number): Observation {
  return { at, image, faces: faces.map((face) => observedFace(face)) };
}

export function observedFace(face: SeenFace): ObservedFace {
  const pose = poseOf(landmarks5From68(face.landmarks));
  return { ...face, pose, smile: shapeOf(face.landmarks).smile };
}
