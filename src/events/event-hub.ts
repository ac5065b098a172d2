import { randomBytes } from 'node:crypto';
import type { CameraEvent, NewEvent } from './event.js';

/** Events kept for clients that reconnect. */
const DEFAULT_CAPACITY = 1000;

export type Listener = (event: CameraEvent) => void;

/** Numbers the events of all cameras, keeps the last ones in memory and passes each to all subscribers. */
export class EventHub {
  private readonly run = randomBytes(6).toString('hex');
  private readonly listeners = new Set<Listener>();
  private readonly closeListeners = new Set<() => void>();
  private recent: CameraEvent[] = [];
  private sequence = 0;

  constructor(private readonly capacity = DEFAULT_CAPACITY) {}

  /** Id of the last event, for `since`; before the first event an id that no event has. */
  get lastId(): string {
    return `${this.run}-${this.sequence}`;
  }

  publish(newEvent: NewEvent): CameraEvent {
    const sequence = ++this.sequence;
    const event = { id: `${this.run}-${sequence}`, sequence, ...newEvent };
    this.recent.push(event);
    if (this.recent.length > this.capacity) this.recent.shift();
    for (const listener of this.listeners) listener(event);
    return event;
  }

  /** @returns unsubscribes */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param listener called when no more events will come @returns removes the listener */
  onClose(listener: () => void): () => void {
    this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  /**
   * The kept events after the given one, oldest first; all kept events if the given one is too old or from another run of
   * the server.
   */
  since(id: string): readonly CameraEvent[] {
    const index = this.recent.findIndex((event) => event.id === id);
    return id === this.lastId ? [] : this.recent.slice(index + 1);
  }

  /** Removes the names of people who are not enrolled from the kept events. */
  redactNames(isEnrolled: (name: string) => boolean): void {
    this.recent = this.recent.map((event) => withoutUnknownNames(event, isEnrolled));
  }

  close(): void {
    for (const listener of this.closeListeners) listener();
    this.listeners.clear();
    this.closeListeners.clear();
  }
}

/** The event without the name of a person who is no longer enrolled. */
export function withoutUnknownNames(event: CameraEvent, isEnrolled: (name: string) => boolean): CameraEvent {
  return event.person === null || isEnrolled(event.person) ? event : { ...event, person: null, personId: null };
}
