import type { EventType, LeftReason } from '../events/event.js';
import type { Liveness } from '../faces/liveness/liveness.js';
import type { Box } from '../faces/image/box.js';
import type { RgbImage } from '../faces/image/image.js';
import { euclideanDistance } from '../matching/matcher.js';

/** Good embeddings of a face before its name counts: a single one may match by chance. */
const LOOKS_FOR_A_NAME = 2;
/** Embeddings of a face before it is reported as unknown ... */
const LOOKS_FOR_UNKNOWN = 3;
/** ... and the time in sight: a person who comes nearer or turns to the camera may still be recognized. */
const UNKNOWN_AFTER_MS = 1500;

export interface Change {
  readonly type: EventType;
  readonly visit: Readonly<Visit>;
  /** Only in `left`. */
  readonly reason: LeftReason | null;
}

export interface VisitsParts {
  /** A person out of sight for longer has left. */
  readonly graceMs: number;
  /** The mean of the last embeddings of a face in the last frame. */
  readonly embeddingOf: (track: number) => Float32Array | null;
}

/** Crops a face out of the current frame; null when crops are not kept. */
export type CropFace = (face: SeenFace) => CropImage | null;

/** Pixels, or a JPEG. */
export type CropImage = RgbImage | Uint8Array;

/**
 * The people in front of one camera. Each visit causes two events: when the person is recognized or reported as unknown, and
 * when the visit ends. A face that is lost for a moment or an interrupted connection causes none.
 */
export class Visits {
  private visits: Visit[] = [];

  constructor(private readonly parts: VisitsParts) {}

  /** The visits that were reported and have not ended. */
  get present(): readonly Readonly<Visit>[] {
    return this.visits.filter(({ isReported }) => isReported);
  }

  /**
   * @param faces of one frame
   * @param now not before that of the last frame
   * @returns the changes to report, in order
   */
  update(faces: readonly SeenFace[], now: number, crop: CropFace = () => null): Change[] {
    const seen = faces.flatMap((face) => {
      const before = this.visits.find(({ tracks }) => tracks.has(face.track)) ?? this.begin(face, now);
      const { visit, changes } = face.name === null ? this.unnamed(before, face, now) : this.named(before, face, now);
      this.refresh(visit, face, now, crop);
      return [...changes, ...this.report(visit)];
    });
    return [...seen, ...this.expire(now)];
  }

  /** Ends the visits of people who have been out of sight for too long. Also called while no frames come. */
  expire(now: number): Change[] {
    return this.endWhere(({ seenAt }) => now - seenAt > this.parts.graceMs);
  }

  end(): Change[] {
    return this.endWhere(() => true);
  }

  /** Ends the visits of people who are no longer enrolled, without their names, and begins unreported ones instead. */
  redactNames(isEnrolled: (name: string) => boolean): Change[] {
    const forgotten = this.visits.filter(({ name }) => name !== null && !isEnrolled(name));
    return forgotten.flatMap((visit) => {
      Object.assign(visit, { name: null, personId: null, embedding: null });
      const ended = this.remove(visit, 'forgotten');
      this.visits.push({ ...visit, isReported: false, best: null, nearest: NOT_NEAR });
      return ended;
    });
  }

  private named(before: Visit, face: SeenFace, now: number): { visit: Visit; changes: Change[] } {
    if (before.name === face.name || face.goodLooks < LOOKS_FOR_A_NAME) return { visit: before, changes: [] };
    const known = this.visits.find(({ name }) => name === face.name);
    const isFree = before.name === null && !before.isReported;
    const visit = known ?? (isFree ? before : this.begin(face, before.name === null ? before.since : now));
    if (visit.name !== face.name) visit.nearest = NOT_NEAR;
    visit.name = face.name;
    if (visit === before) return { visit, changes: [] };
    moveTrack(face.track, before, visit);
    // A visit with another name may go on in the next frame; that of an unknown face ends here.
    return { visit, changes: before.name === null ? this.remove(before, 'named') : [] };
  }

  private unnamed(before: Visit, face: SeenFace, now: number): { visit: Visit; changes: Change[] } {
    if (before.name !== null) {
      // The face is tracked, so the person is the same; but a name that does not come back was wrong.
      if (now - before.namedAt <= this.parts.graceMs) return { visit: before, changes: [] };
      before.tracks.delete(face.track);
      return { visit: this.begin(face, now), changes: [] };
    }
    const same = before.isReported ? null : this.findSameUnknown(face, now);
    if (same === null) return { visit: before, changes: [] };
    moveTrack(face.track, before, same);
    return { visit: same, changes: this.remove(before, 'named') };
  }

  /** The nearest unknown face that is not in this frame and matches this one. */
  private findSameUnknown({ track, threshold }: SeenFace, now: number): Visit | null {
    const embedding = this.parts.embeddingOf(track);
    if (embedding === null) return null;
    const near = this.visits
      .filter((visit) => visit.isReported && visit.name === null && visit.embedding !== null && visit.seenAt < now)
      .map((visit) => ({ visit, distance: euclideanDistance(visit.embedding!, embedding) }))
      .filter(({ distance }) => distance <= threshold)
      .sort((a, b) => a.distance - b.distance);
    return near.at(0)?.visit ?? null;
  }

  private begin(face: SeenFace, since: number): Visit {
    const visit = beginVisit(face, since);
    this.visits.push(visit);
    return visit;
  }

  private refresh(visit: Visit, face: SeenFace, now: number, crop: CropFace): void {
    visit.seenAt = now;
    visit.face = face;
    if (face.name !== null && face.name === visit.name) Object.assign(visit, { namedAt: now, personId: face.id });
    visit.embedding = this.parts.embeddingOf(face.track) ?? visit.embedding;
    visit.looks.set(face.track, face.looks);
    visit.live = face.live ?? visit.live;
    const { distance, falseMatchRate } = face;
    const isNearer = distance !== null && distance < (visit.nearest.distance ?? Infinity);
    if (face.name === visit.name && isNearer) visit.nearest = { distance, falseMatchRate };
    const quality = face.quality ?? 0;
    if (visit.best !== null && quality <= visit.best.quality) return;
    const image = crop(face);
    if (image !== null) visit.best = { quality, image };
  }

  private report(visit: Visit): Change[] {
    const isStranger =
      visit.face.looks >= LOOKS_FOR_UNKNOWN && visit.seenAt - visit.since >= UNKNOWN_AFTER_MS && !visit.isReported;
    if (visit.isReported || (visit.name === null && !isStranger)) return [];
    visit.isReported = true;
    return [{ type: visit.name === null ? 'unknown' : 'appeared', visit, reason: null }];
  }

  private endWhere(isOver: (visit: Visit) => boolean): Change[] {
    return this.visits.filter(isOver).flatMap((visit) => this.remove(visit, 'gone'));
  }

  /** The end of an unreported visit is not reported. */
  private remove(visit: Visit, reason: LeftReason): Change[] {
    this.visits = this.visits.filter((other) => other !== visit);
    return visit.isReported ? [{ type: 'left', visit, reason }] : [];
  }
}

/** A face in a frame. */
export interface SeenFace {
  /** The same number for as long as the face is tracked. */
  readonly track: number;
  /** Null while no person is within the threshold. */
  readonly name: string | null;
  /** The person's own id, if any. */
  readonly id: string | null;
  /** Euclidean distance to the nearest person; null in an empty gallery. */
  readonly distance: number | null;
  readonly threshold: number;
  /** The share of strangers who would come this near; null where that is not known. */
  readonly falseMatchRate: number | null;
  /** How many times it has been embedded. */
  readonly looks: number;
  /** Null where liveness is not judged. */
  readonly live: Liveness | null;
  /** How many of these are good enough for a name. */
  readonly goodLooks: number;
  /** Quality score when it was last embedded, 0..1. */
  readonly quality: number | null;
  /** Pixels of the frame. */
  readonly box: Box;
}

/** The crop of the highest quality score so far. */
export interface BestCrop {
  readonly quality: number;
  readonly image: CropImage;
}

/** The smallest distance so far to the person of the visit; of a stranger, to the nearest person. */
export type Nearest = Pick<SeenFace, 'distance' | 'falseMatchRate'>;
const NOT_NEAR: Nearest = { distance: null, falseMatchRate: null };

/** One person in front of a camera, from the first sight to the last. Times are milliseconds of one clock. */
export interface Visit {
  /** The first track, which identifies the visit in events. */
  readonly track: number;
  /** All tracks: a face that was lost for a moment gets a new one. */
  readonly tracks: Set<number>;
  readonly since: number;
  seenAt: number;
  /** Null for an unknown person, and until the name is known. */
  name: string | null;
  /** The person's own id, if any. */
  personId: string | null;
  /** When a frame last had that name. */
  namedAt: number;
  /** Whether an event has reported the visit. */
  isReported: boolean;
  face: SeenFace;
  /** The mean of the last looks, to recognize an unknown person again. */
  embedding: Float32Array | null;
  /** How many times the face was embedded, by track. */
  readonly looks: Map<number, number>;
  nearest: Nearest;
  /** The last judgement of liveness. */
  live: Liveness | null;
  best: BestCrop | null;
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
    isReported: false,
    face,
    embedding: null,
    looks: new Map(),
    nearest: NOT_NEAR,
    live: null,
    best: null,
  };
}

/** Moves a track from one visit to another. */
export function moveTrack(track: number, from: Visit, to: Visit): void {
  from.tracks.delete(track);
  to.tracks.add(track);
}
