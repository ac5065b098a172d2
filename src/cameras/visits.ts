import type { EventType, LeftReason } from '../events/event.js';
import type { Box } from '../faces/image/box.js';
import type { RgbImage } from '../faces/image/image.js';
import { euclideanDistance } from '../matching/matcher.js';

/** A name counts after so many looks at the face: one may be a lucky one. */
const LOOKS_FOR_A_NAME = 2;
/** Nobody is called unknown before so many looks ... */
const LOOKS_FOR_UNKNOWN = 3;
/** ... and so long in sight: who comes nearer, or turns to the camera, may still get a name. */
const UNKNOWN_AFTER_MS = 1500;

export interface Change {
  readonly type: EventType;
  readonly visit: Readonly<Visit>;
  /** Of `left`. */
  readonly reason: LeftReason | null;
}

export interface VisitsParts {
  /** Who is out of sight for longer has left. */
  readonly graceMs: number;
  /** Of a face of the last frame, over its last looks. */
  readonly embeddingOf: (track: number) => Float32Array | null;
}

/** Cuts a face out of the frame that is being looked at; null where none is to be kept. */
export type Cut = (face: SeenFace) => RgbImage | null;

/**
 * Who is before one camera. Each visit is told of twice, when it is known whose it is and when it has ended, however often
 * the face is lost in between, and whether or not the connection to the camera was.
 */
export class Visits {
  private visits: Visit[] = [];

  constructor(private readonly parts: VisitsParts) {}

  /** Those that were told of and have not ended. */
  get present(): readonly Readonly<Visit>[] {
    return this.visits.filter(({ isTold }) => isTold);
  }

  /**
   * @param faces of one frame
   * @param now not before that of the last frame
   * @returns what is to be told, in its order
   */
  see(faces: readonly SeenFace[], now: number, cut: Cut = () => null): Change[] {
    const seen = faces.flatMap((face) => {
      const before = this.visits.find(({ tracks }) => tracks.has(face.track)) ?? this.begin(face, now);
      const { visit, changes } = face.name === null ? this.unnamed(before, face, now) : this.named(before, face, now);
      this.refresh(visit, face, now, cut);
      return [...changes, ...this.tell(visit)];
    });
    return [...seen, ...this.expire(now)];
  }

  /** Ends the visits of those who have been out of sight for too long; to be called while no frames come, too. */
  expire(now: number): Change[] {
    return this.endThose(({ seenAt }) => now - seenAt > this.parts.graceMs);
  }

  end(): Change[] {
    return this.endThose(() => true);
  }

  /** The visit of somebody who is not enrolled any more ends, without the name; from then on they are somebody of whom nothing has been told. */
  keepNames(isEnrolled: (name: string) => boolean): Change[] {
    const forgotten = this.visits.filter(({ name }) => name !== null && !isEnrolled(name));
    return forgotten.flatMap((visit) => {
      Object.assign(visit, { name: null, personId: null });
      const ended = this.drop(visit, 'forgotten');
      this.visits.push({ ...visit, isTold: false, best: null });
      return ended;
    });
  }

  private named(before: Visit, face: SeenFace, now: number): { visit: Visit; changes: Change[] } {
    if (before.name === face.name || face.looks < LOOKS_FOR_A_NAME) return { visit: before, changes: [] };
    const known = this.visits.find(({ name }) => name === face.name);
    const isFree = before.name === null && !before.isTold;
    const visit = known ?? (isFree ? before : this.begin(face, before.name === null ? before.since : now));
    visit.name = face.name;
    if (visit === before) return { visit, changes: [] };
    moveTrack(face.track, before, visit);
    // Somebody with another name may be in the next frame again; of an unknown face nothing is left.
    return { visit, changes: before.name === null ? this.drop(before, 'named') : [] };
  }

  private unnamed(before: Visit, face: SeenFace, now: number): { visit: Visit; changes: Change[] } {
    if (before.name !== null) {
      // The face is followed, so it is still theirs; but a name that does not come back was a mistake.
      if (now - before.namedAt <= this.parts.graceMs) return { visit: before, changes: [] };
      before.tracks.delete(face.track);
      return { visit: this.begin(face, now), changes: [] };
    }
    const same = before.isTold ? null : this.sameStranger(face, now);
    if (same === null) return { visit: before, changes: [] };
    moveTrack(face.track, before, same);
    return { visit: same, changes: this.drop(before, 'named') };
  }

  /** The nearest unknown face that is not in this frame and may be this one. */
  private sameStranger({ track, threshold }: SeenFace, now: number): Visit | null {
    const embedding = this.parts.embeddingOf(track);
    if (embedding === null) return null;
    const near = this.visits
      .filter((visit) => visit.isTold && visit.name === null && visit.embedding !== null && visit.seenAt < now)
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

  private refresh(visit: Visit, face: SeenFace, now: number, cut: Cut): void {
    visit.seenAt = now;
    visit.face = face;
    if (face.name !== null && face.name === visit.name) Object.assign(visit, { namedAt: now, personId: face.id });
    visit.embedding = visit.name === null ? (this.parts.embeddingOf(face.track) ?? visit.embedding) : null;
    const areaPx = face.box.width * face.box.height;
    if (areaPx <= (visit.best?.areaPx ?? 0)) return;
    const picture = cut(face);
    if (picture !== null) visit.best = { areaPx, picture };
  }

  private tell(visit: Visit): Change[] {
    const isStranger =
      visit.face.looks >= LOOKS_FOR_UNKNOWN && visit.seenAt - visit.since >= UNKNOWN_AFTER_MS && !visit.isTold;
    if (visit.isTold || (visit.name === null && !isStranger)) return [];
    visit.isTold = true;
    return [{ type: visit.name === null ? 'unknown' : 'appeared', visit, reason: null }];
  }

  private endThose(isOver: (visit: Visit) => boolean): Change[] {
    return this.visits.filter(isOver).flatMap((visit) => this.drop(visit, 'gone'));
  }

  /** Of what was not told of, the end is not either. */
  private drop(visit: Visit, reason: LeftReason): Change[] {
    this.visits = this.visits.filter((other) => other !== visit);
    return visit.isTold ? [{ type: 'left', visit, reason }] : [];
  }
}

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
