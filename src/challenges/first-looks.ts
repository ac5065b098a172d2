import { NOSE_DEPTH } from '../faces/image/pose.js';
import { euclideanDistance } from '../matching/matcher.js';
import { median } from '../shared/statistics/vectors.js';
import type { Change } from './action-measure.js';
import type { Look } from './continuity.js';
import { shapeOf } from './face-shape.js';
import type { Observation, ObservedFace } from './observation.js';
import { Relief } from './relief.js';

/** Frames and time that the first looks take. */
const [FEWEST_LOOKS, SHORTEST_MS] = [5, 500];
/** A camera may stand to the side or below. */
const [LARGEST_YAW, LARGEST_PITCH] = [18, 28];
/** Degrees of yaw and pitch between the first looks. */
const STILL = 12;
/** Of the width of the picture, where the person has to come closer later. */
const LARGEST_SHARE_BEFORE_APPROACH = 0.45;
/** Degrees of yaw from which the relief of a face is measured. */
const TURNED = 12;

/** How a face looks ahead before the first action; later frames are compared with it. */
export class FirstLooks {
  private looks: Look[] = [];
  private size = 0;
  private shape = { yaw: 0, pitch: 0, width: 0, smile: 0, eyesOpen: 0 };
  private embedding = new Float32Array();
  private relief: Relief | null = null;
  isComplete = false;

  /** @returns what the person should change; null where the look is one to compare with */
  add(look: Look, image: Observation['image'], comesCloser: boolean): 'look_ahead' | 'go_back' | 'hold_still' | null {
    const { box, pose } = look.face;
    const isLarge = comesCloser && box.width > LARGEST_SHARE_BEFORE_APPROACH * image.width;
    const looksAhead = Math.abs(pose!.yaw) <= LARGEST_YAW && Math.abs(pose!.pitch) <= LARGEST_PITCH;
    if (isLarge || !looksAhead) {
      this.clear();
      return isLarge ? 'go_back' : 'look_ahead';
    }
    this.looks.push(look);
    const poses = this.looks.map(({ face }) => face.pose!);
    if (range(poses.map(({ yaw }) => yaw)) > STILL || range(poses.map(({ pitch }) => pitch)) > STILL) {
      this.looks = [look];
      return 'hold_still';
    }
    if (this.looks.length >= FEWEST_LOOKS && look.at - this.looks[0].at >= SHORTEST_MS) this.complete();
    return null;
  }

  /** Of the looks so far. */
  get embeddings(): readonly Float32Array[] {
    return this.looks.map(({ face }) => face.embedding);
  }

  rebaseSize({ box }: ObservedFace): void {
    this.size = box.width;
  }

  /** @returns null where the landmarks cannot belong to a face */
  changeOf({ box, pose, landmarks, smile, eyesOpen, aligned }: ObservedFace): Change | null {
    if (pose === null) return null;
    const yaw = pose.yaw - this.shape.yaw;
    const expected = NOSE_DEPTH * Math.tan((yaw * Math.PI) / 180);
    return {
      yaw,
      relief: Math.abs(yaw) < TURNED || this.relief === null ? null : this.relief.of(aligned) / expected,
      pitch: pose.pitch - this.shape.pitch,
      width: shapeOf(landmarks).width / this.shape.width,
      smile: smile - this.shape.smile,
      eyesOpen: this.shape.eyesOpen === 0 ? 1 : eyesOpen / this.shape.eyesOpen,
      size: box.width / this.size,
    };
  }

  /** Of an embedding from the mean of the first looks. */
  distanceTo(embedding: Float32Array): number {
    return euclideanDistance(this.embedding, embedding);
  }

  /** Begins the first looks again. */
  clear(): void {
    this.looks = [];
  }

  private complete(): void {
    const faces = this.looks.map(({ face }) => face);
    const medianOf = (value: (face: ObservedFace) => number) => median(faces.map(value));
    this.shape = {
      yaw: medianOf(({ pose }) => pose!.yaw),
      pitch: medianOf(({ pose }) => pose!.pitch),
      width: medianOf(({ landmarks }) => shapeOf(landmarks).width),
      smile: medianOf(({ smile }) => smile),
      eyesOpen: medianOf(({ eyesOpen }) => eyesOpen),
    };
    this.size = medianOf(({ box }) => box.width);
    this.embedding = faces[0].embedding.map(
      (_, i) => faces.reduce((sum, { embedding }) => sum + embedding[i], 0) / faces.length,
    );
    const { aligned, landmarks } = faces.at(-1)!;
    this.relief = new Relief(aligned, landmarks);
    this.isComplete = true;
  }
}

function range(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
