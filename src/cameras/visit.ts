import type { Box } from '../faces/image/box.js';
import type { RgbImage } from '../faces/image/image.js';

/** A face that a frame shows. */
export interface SeenFace {
  /** The same number for as long as the face is followed. */
  readonly track: number;
  /** Null as long as nobody is within the threshold. */
  readonly name: string | null;
  /** The users' own id of that person; null for none, and for nobody. */
  readonly id: string | null;
  /** Plain Euclidean distance to the nearest person; null in an empty gallery. */
  readonly distance: number | null;
  readonly threshold: number;
  /** How many times it has been embedded. */
  readonly looks: number;
  /** Pixels of the frame. */
  readonly box: Box;
}

/** The best sight of a face so far: the largest. */
export interface BestSight {
  readonly areaPx: number;
  readonly picture: RgbImage;
}

/** Somebody before a camera, from the first sight to the last. Times are milliseconds of one clock. */
export interface Visit {
  /** Its events know it by the first track that it was seen in. */
  readonly track: number;
  /** A face that was lost for a moment comes back in another track. */
  readonly tracks: Set<number>;
  readonly since: number;
  seenAt: number;
  /** Null for somebody unknown, and for whom it is not known yet. */
  name: string | null;
  /** The users' own id of that person; null for none, and for nobody. */
  personId: string | null;
  /** When a frame last bore that name. */
  namedAt: number;
  /** Whether an event has told of it. */
  isTold: boolean;
  face: SeenFace;
  /** Of somebody unknown, to know them again. */
  embedding: Float32Array | null;
  best: BestSight | null;
}

export function beginVisit(face: SeenFace, now: number): Visit {
  return {
    track: face.track,
    tracks: new Set([face.track]),
    since: now,
    seenAt: now,
    name: null,
    personId: null,
    namedAt: -Infinity,
    isTold: false,
    face,
    embedding: null,
    best: null,
  };
}

/** A track that was another visit's belongs to this one now. */
export function moveTrack(track: number, from: Visit, to: Visit): void {
  from.tracks.delete(track);
  to.tracks.add(track);
}
