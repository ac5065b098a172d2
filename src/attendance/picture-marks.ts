import type { Box } from '../faces/image/box.js';
import { timeDigits } from '../history/sighting.js';
import type { LiveRecognition, LiveSessions } from '../live/live-sessions.js';
import type { RecognitionService } from '../people/recognition.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { attendanceNotFound, type AttendanceStore } from './attendance-store.js';
import { judgeLook, type JudgedLook, type NamedLook, placedQuality } from './rule.js';
import { type AttendanceSession, type LookOfPerson, type LookPlace, withLooks } from './session.js';

export interface PictureMarksParts {
  readonly store: Pick<AttendanceStore, 'get' | 'change' | 'list'>;
  readonly recognition: Pick<RecognitionService, 'recognize'>;
  readonly live: Pick<LiveSessions, 'recognize'>;
  readonly log: Logger;
  readonly now?: () => Date;
}

/** A face of a picture, and what it did in the session. */
export interface LookedFace {
  readonly box: Box;
  /** Null for a stranger. */
  readonly person: string | null;
  /** Whether the session has a row of the person. */
  readonly expected: boolean;
  readonly cutOff: boolean;
  /** Null where the face marks nobody. */
  readonly state: JudgedLook['state'] | null;
  readonly why: JudgedLook['why'];
}

export interface Looked {
  readonly session: AttendanceSession;
  readonly image: { readonly width: number; readonly height: number };
  readonly faces: readonly LookedFace[];
  readonly facesFound: number;
}

export interface FrameOptions {
  /** Hard to guess: see `LiveSessions.recognize`. */
  readonly liveSession: string;
}

export interface PhotoOptions {
  /** When the photo was taken. Default: now. */
  readonly at?: Date | undefined;
  readonly tiles?: boolean | undefined;
}

/** A camera marks nobody in a session that began earlier: one that was forgotten must not go on. */
const CAMERA_HOURS = 12;
/** Between two looks at which sessions a camera marks: users, also of other servers, change them. */
const CHECK_MS = 2000;

/** Marks the people on photos, live frames and frames of cameras in sessions. No picture is kept. */
export class PictureMarks {
  private readonly now: () => Date;
  private watched: { readonly at: number; readonly sessions: readonly AttendanceSession[] } | null = null;
  /** Cameras whose last frame is still being written. */
  private readonly writing = new Set<string>();

  constructor(private readonly parts: PictureMarksParts) {
    this.now = parts.now ?? (() => new Date());
  }

  /**
   * Marks the people on a photo of the room. Everyone enrolled is searched, so that a guest does not get the name of the
   * member who looks most like them.
   * @throws RostroError `attendance_not_found`, `attendance_ended`, those of a recognition; the signal's reason
   */
  async photo(id: string, bytes: Uint8Array, options: PhotoOptions, signal?: AbortSignal): Promise<Looked> {
    const { at = this.now(), tiles } = options;
    await this.requireRunning(id);
    // Of faces that are this small, liveness says nothing; a server that requires it judges them all the same.
    const search = { tiles, liveness: 'off' } as const;
    const { faces, image, facesFound } = await this.parts.recognition.recognize(bytes, search, signal);
    const looked = faces.map((face) => lookAt(face, { ...placedQuality(face, image), live: null, goodLooks: null }));
    return this.note(id, looked, { at, source: 'photo', camera: null }, { image, facesFound });
  }

  /**
   * Marks the people on the next frame of a live session.
   * @throws RostroError `attendance_not_found`, `attendance_ended`, those of `LiveSessions.recognize`; the signal's reason
   */
  async frame(id: string, bytes: Uint8Array, { liveSession }: FrameOptions, signal?: AbortSignal): Promise<Looked> {
    await this.requireRunning(id);
    const { faces, image, facesFound } = await this.parts.live.recognize(liveSession, bytes, {}, signal);
    const place = { at: this.now(), source: 'live', camera: null } as const;
    const looked = faces.map((face) => lookAt(face, face));
    return this.note(id, looked, place, { image, facesFound });
  }

  /** Marks the people in a frame of a camera of the server, in the sessions that it is chosen for. Never rejects. */
  async seenBy(camera: string, faces: LiveRecognition['faces']): Promise<void> {
    const looks = faces.map((face) => lookAt(face, face)).flatMap(({ look }) => look ?? []);
    if (looks.length === 0 || this.writing.has(camera)) return;
    this.writing.add(camera);
    try {
      const place = { at: this.now(), source: 'camera', camera } as const;
      for (const { id } of await this.watchedBy(camera)) {
        await this.parts.store.change(id, (session) =>
          session.camera === camera && session.ended === null ? withLooks(session, looks, place) : session,
        );
      }
    } catch (error) {
      const code = error instanceof RostroError ? error.code : 'internal';
      this.parts.log.error({ camera, code }, 'people in front of a camera could not be marked as present');
    } finally {
      this.writing.delete(camera);
    }
  }

  /** @throws RostroError `attendance_not_found`, `attendance_ended` */
  private async requireRunning(id: string): Promise<void> {
    const session = await this.parts.store.get(id);
    if (session === null) throw attendanceNotFound();
    if (session.ended !== null) {
      throw new RostroError('attendance_ended', 'This attendance session has ended: go on with it, or open a new one.');
    }
  }

  private async note(
    id: string,
    looked: readonly Look[],
    place: LookPlace,
    picture: Pick<Looked, 'image' | 'facesFound'>,
  ): Promise<Looked> {
    const looks = looked.flatMap(({ look }) => look ?? []);
    const edit = (one: AttendanceSession) => (one.ended === null ? withLooks(one, looks, place) : one);
    const session = await (looks.length === 0 ? this.parts.store.get(id) : this.parts.store.change(id, edit));
    if (session === null) throw attendanceNotFound();
    const expected = new Set(session.rows.map(({ person }) => person));
    const isExpected = (person: string | null) => person !== null && expected.has(person);
    const faces = looked.map(({ face, look }) => ({
      ...face,
      expected: isExpected(face.person),
      state: look?.state ?? null,
      why: look?.why ?? [],
    }));
    return { session, ...picture, faces };
  }

  private async watchedBy(camera: string): Promise<readonly AttendanceSession[]> {
    const now = this.now().getTime();
    if (this.watched === null || now - this.watched.at > CHECK_MS) {
      const since = timeDigits(new Date(now - CAMERA_HOURS * 60 * 60 * 1000));
      this.watched = { at: now, sessions: await this.parts.store.list({ limit: Infinity, since }) };
    }
    return this.watched.sessions.filter((one) => one.camera === camera && one.ended === null);
  }
}

interface NamedFace {
  readonly box: Box;
  readonly name: string | null;
  readonly distance: number | null;
  readonly threshold: number;
  readonly runnerUp: { readonly distance: number } | null;
}

interface Look {
  readonly face: Pick<LookedFace, 'box' | 'person' | 'cutOff'>;
  /** Null where the face marks nobody. */
  readonly look: LookOfPerson | null;
}

function lookAt(
  { box, name, distance, threshold, runnerUp }: NamedFace,
  { quality, cutOff, live, goodLooks }: Omit<NamedLook, 'distance' | 'threshold' | 'runnerUp'>,
): Look {
  const face = { box, person: name, cutOff };
  if (name === null || distance === null) return { face, look: null };
  const near = { distance, threshold, runnerUp: runnerUp?.distance ?? null };
  const judged = judgeLook({ ...near, quality, cutOff, live, goodLooks });
  return { face, look: judged && { person: name, distance, threshold, ...judged } };
}
