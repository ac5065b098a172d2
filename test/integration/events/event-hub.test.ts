import { describe, expect, it } from 'vitest';
import { cameraEventSchema, type CameraEvent } from '../../../src/events/event.js';
import { EventHub } from '../../../src/events/event-hub.js';
import { newEvent } from '../../helpers/new-event.js';

describe('the events of all cameras', () => {
  it('are numbered without gaps and reach everybody who listens, in their order', () => {
    const hub = new EventHub();
    const heard: CameraEvent[] = [];
    const stop = hub.subscribe((event) => heard.push(event));
    for (let i = 0; i < 3; i++) hub.publish(newEvent());
    stop();
    hub.publish(newEvent());
    expect(heard.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(3);
    for (const event of heard) cameraEventSchema.parse(event);
  });

  it('are kept for who comes back, as many as there is room for', () => {
    const hub = new EventHub(3);
    const events = Array.from({ length: 5 }, () => hub.publish(newEvent()));
    const numbers = (id: string) => hub.since(id).map(({ sequence }) => sequence);
    expect(numbers(events[3].id)).toEqual([5]);
    expect(numbers(events[4].id)).toEqual([]);
    expect(numbers(events[0].id)).toEqual([3, 4, 5]);
    expect(numbers(new EventHub().publish(newEvent()).id)).toEqual([3, 4, 5]);
  });

  it('are told without the name of somebody who is not enrolled any more', () => {
    const hub = new EventHub();
    for (const person of ['Ada', 'Bea', null]) hub.publish(newEvent(person));
    hub.redactNames((name) => name === 'Bea');
    expect(hub.since('').map(({ person }) => person)).toEqual([null, 'Bea', null]);
    expect(JSON.stringify(hub.since(''))).not.toContain('Ada');
  });
});
