import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../public/js/live/arrivals.js';
import { SeenPeople } from '../../../public/js/live/seen-people.js';
import { LiveSession } from '../../../public/js/live/session.js';
import { ANSWERED_FRAME } from '../../helpers/answered-frame.js';

describe('who was seen', () => {
  it('has first and last time, the latest arrival first, and does not jump about', () => {
    const seen = new SeenPeople();
    seen.note('Ada', 1000);
    seen.note('Grace', 2000);
    seen.note('Ada', 3000);
    expect(seen.all).toEqual([
      { name: 'Grace', firstAt: 2000, lastAt: 2000 },
      { name: 'Ada', firstAt: 1000, lastAt: 3000 },
    ]);
  });

  it('is bounded: who was away longest goes', () => {
    const seen = new SeenPeople(2);
    seen.note('Ada', 1);
    seen.note('Grace', 2);
    seen.note('Ada', 3);
    seen.note('Edsger', 4);
    expect(seen.all.map(({ name }) => name)).toEqual(['Edsger', 'Ada']);
  });
});

describe('what is announced', () => {
  it('is who arrives, and not who stays', () => {
    const arrivals = new Arrivals();
    expect(arrivals.update(['Ada'], 0)).toEqual(['Ada']);
    expect(arrivals.update(['Ada'], 5000)).toEqual([]);
    expect(arrivals.update(['Ada', 'Grace'], 6000)).toEqual(['Grace']);
  });

  it('comes at most every four seconds, together', () => {
    const arrivals = new Arrivals();
    expect(arrivals.update(['Ada'], 0)).toEqual(['Ada']);
    expect(arrivals.update(['Ada', 'Grace'], 1000)).toEqual([]);
    expect(arrivals.update(['Edsger'], 3999)).toEqual([]);
    expect(arrivals.update(['Edsger'], 4000)).toEqual(['Grace', 'Edsger']);
  });

  it('comes again only after ten seconds away', () => {
    const arrivals = new Arrivals();
    arrivals.update(['Ada'], 0);
    expect(arrivals.update([], 9000)).toEqual([]);
    expect(arrivals.update(['Ada'], 10_000)).toEqual([]);
    expect(arrivals.update(['Ada'], 20_001)).toEqual(['Ada']);
  });
});

describe('the session', () => {
  const face = (distance: number, nearest = 'Ada') => ({
    box: { x: 64, y: 48, width: 64, height: 48 },
    confidence: 0.99,
    landmarks: null,
    name: distance <= 0.6 ? nearest : null,
    id: null,
    distance,
    threshold: 0.6,
    falseMatchRate: null,
    live: null,
    nearest,
    runnerUp: null,
    margin: null,
  });
  const answer = (...faces: ReturnType<typeof face>[]) => ({
    ...ANSWERED_FRAME,
    facesFound: faces.length,
    faces,
  });

  it('takes the threshold from the server until the reader moves it', () => {
    const session = new LiveSession();
    expect(session.serverThreshold).toBeNull();
    session.take(answer(face(0.7)), 0);
    expect(session.threshold).toBe(0.6);
    expect(session.decide(session.tracks.all[0].face).certainty).toBe('unknown');
    session.chosenThreshold = 0.9;
    expect(session.decide(session.tracks.all[0].face)).toEqual({ certainty: 'known', name: 'Ada', doubt: null });
  });

  it('notes only those who were recognised without doubt', () => {
    const session = new LiveSession();
    session.take(answer(face(0.59)), 0);
    expect(session.seen.all).toEqual([]);
    session.take(answer(face(0.2, 'Grace')), 100);
    expect(session.seen.all.map(({ name }) => name)).toEqual(['Grace']);
    expect(session.present().map(({ name, face: { box } }) => [name, box])).toEqual([
      ['Grace', { x: 0.1, y: 0.1, width: 0.1, height: 0.1 }],
    ]);
  });

  it('offers to enrol a face without a sure name, but not one whose name is withheld', () => {
    const session = new LiveSession();
    session.take(answer(face(0.2), face(0.9), Object.assign(face(0.9), { withheld: 'not_live' as const })), 0);
    expect(session.tracks.all.map((track) => session.mayEnrol(track.face))).toEqual([false, true, false]);
  });

  it('does not grow over a long day', () => {
    const session = new LiveSession();
    for (let i = 0; i < 2000; i++) session.take(answer(face(0.2, `Person ${i}`), face(0.9)), 100 * i);
    expect(session.sightings.length).toBe(500);
    expect(session.seen.all).toHaveLength(100);
    expect(session.seen.all[0].name).toBe('Person 1999');
    expect(session.tracks.all).toHaveLength(2);
  });
});
