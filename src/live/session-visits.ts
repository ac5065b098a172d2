import type { LiveSession } from './live-session.js';
import { VisitRecorder, type VisitRecorderParts } from './visit-recorder.js';
import { type SeenFace, Visits } from './visits.js';

/** A person out of sight for longer has left; the default of the cameras of the server. */
const GRACE_MS = 5000;

/** Writes the visits in front of the camera of one live session into the history. */
export class SessionVisits {
  private readonly visits: Visits;
  private readonly recorder: VisitRecorder;
  private hasEnded = false;

  constructor(
    private readonly session: Pick<LiveSession, 'embeddingOf' | 'cropOf'>,
    parts: Omit<VisitRecorderParts, 'source' | 'camera'>,
  ) {
    this.visits = new Visits({ graceMs: GRACE_MS, embeddingOf: (track) => session.embeddingOf(track) });
    this.recorder = new VisitRecorder({ ...parts, source: 'live', camera: null });
  }

  /** @param faces of one frame @param now not before that of the last frame */
  update(faces: readonly SeenFace[], now: number): void {
    // A frame may be processed while its connection closes.
    if (this.hasEnded) return;
    this.recorder.note(this.visits.update(faces, now, ({ track }) => this.session.cropOf(track)));
  }

  /** Ends the visits of people who are no longer enrolled, without their names. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    this.recorder.note(this.visits.redactNames(isEnrolled));
  }

  /** No more frames will come. */
  end(): void {
    this.hasEnded = true;
    this.recorder.note(this.visits.end());
  }
}
