import type { NewEvent } from '../../src/events/event.js';

/** An event of a camera. */
export function newEvent(person: string | null = 'Ada', camera = 'door'): NewEvent {
  return {
    type: person === null ? 'unknown' : 'appeared',
    at: new Date().toISOString(),
    camera,
    track: 1,
    person,
    personId: null,
    distance: 0.5,
    threshold: 1,
    falseMatchRate: null,
    live: null,
    box: { x: 1, y: 2, width: 3, height: 4 },
    picture: { width: 640, height: 480 },
    position: null,
    seconds: null,
    reason: null,
  };
}
