import { randomBytes } from 'node:crypto';
import type { CameraEvent, Happening } from './event.js';

/** Events that are kept for whoever connects again. */
const KEPT = 1000;

export type Listener = (event: CameraEvent) => void;

/** Numbers the events of all cameras, keeps the last ones in memory, and hands each to everybody who listens. */
export class EventHub {
  private readonly run = randomBytes(6).toString('hex');
  private readonly listeners = new Set<Listener>();
  private readonly endings = new Set<() => void>();
  private recent: CameraEvent[] = [];
  private sequence = 0;

  constructor(private readonly kept = KEPT) {}

  /** The last event's, for `since`; of a run without any, one that no event has. */
  get lastId(): string {
    return `${this.run}-${this.sequence}`;
  }

  publish(happening: Happening): CameraEvent {
    const sequence = ++this.sequence;
    const event = { id: `${this.run}-${sequence}`, sequence, ...happening };
    this.recent.push(event);
    if (this.recent.length > this.kept) this.recent.shift();
    for (const listener of this.listeners) listener(event);
    return event;
  }

  /** @returns takes the listener away */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Is called when no more events will come. @returns takes it away */
  onEnd(ending: () => void): () => void {
    this.endings.add(ending);
    return () => this.endings.delete(ending);
  }

  /**
   * What came after an event, oldest first, as far as it is kept; all that is kept where the event is of another run of the
   * server or too old.
   */
  since(id: string): readonly CameraEvent[] {
    const place = this.recent.findIndex((event) => event.id === id);
    return id === this.lastId ? [] : this.recent.slice(place + 1);
  }

  /** Takes the names of everybody else out of what is kept. */
  keepNames(isEnrolled: (name: string) => boolean): void {
    this.recent = this.recent.map((event) => withNames(event, isEnrolled));
  }

  /** Tells everybody who asked for it that no more events will come. */
  close(): void {
    for (const ending of this.endings) ending();
    this.listeners.clear();
    this.endings.clear();
  }
}

/** The event as it may be told now: people who are not enrolled any more have no name in it. */
export function withNames(event: CameraEvent, isEnrolled: (name: string) => boolean): CameraEvent {
  return event.person === null || isEnrolled(event.person) ? event : { ...event, person: null, personId: null };
}
