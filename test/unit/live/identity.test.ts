import { describe, expect, it } from 'vitest';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { Identity, type LiveNaming } from '../../../src/live/identity.js';
import { nameEach } from '../../../src/people/naming.js';

/** People and looks as points on the unit circle: at angles a and b they are 2 sin(|a - b| / 2) apart. */
const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const gallery = (people: Record<string, number>) => ({
  version: 1,
  people: () => Object.entries(people).map(([name, degrees]) => ({ name, examples: [{ embedding: at(degrees) }] })),
});
const matcher = new NearestMatcher(gallery({ Ada: 0, Bea: 150 }));
/** 2 sin(30°): within 60° of a person. */
const naming: LiveNaming = { matcher, threshold: 1, options: {}, galleryVersion: 1 };

async function decide(identity: Identity, how = naming) {
  const decided = identity.decision(how);
  return decided ?? identity.decide((await nameEach([{ embedding: identity.embedding }], how))[0], how);
}

/** The name after each of several looks. */
async function namesOf(angles: readonly number[], identity = new Identity()): Promise<(string | null)[]> {
  const names = [];
  for (const angle of angles) {
    identity.add(at(angle));
    names.push((await decide(identity)).name);
  }
  return names;
}

describe('an identity', () => {
  it('has its name from the first look when that is near, and from the second when it is doubtful', async () => {
    expect(await namesOf([20])).toEqual(['Ada']);
    // 58° is 0.97 away, more than 0.9 of the threshold.
    expect(await namesOf([58, 58])).toEqual([null, 'Ada']);
    expect(await namesOf([61, 61])).toEqual([null, null]);
  });

  it('decides on the mean of the last five looks', async () => {
    const identity = new Identity();
    await namesOf([-40, 40], identity);
    expect((await decide(identity)).distance).toBeCloseTo(0, 5);
    await namesOf([10, 10, 10, 10, 10], identity);
    expect((await decide(identity)).distance).toBeCloseTo(2 * Math.sin((5 * Math.PI) / 180), 5);
    expect(identity.looks).toBe(7);
  });

  it('keeps a name a little beyond the threshold at which it would be given', async () => {
    // The mean of 30° and 93° is at 61.5°, 1.02 away from Ada; nobody else is there.
    const alone = { ...naming, matcher: new NearestMatcher(gallery({ Ada: 0 })) };
    const identity = new Identity();
    identity.add(at(30));
    expect((await decide(identity, alone)).name).toBe('Ada');
    identity.add(at(93));
    const match = await decide(identity, alone);
    expect(match.distance).toBeCloseTo(1.0225, 3);
    expect(match.name).toBe('Ada');
  });

  it('takes a name back only when two looks in a row speak against it, and says that it is in doubt', async () => {
    const identity = new Identity();
    await namesOf([0], identity);
    expect(await namesOf([150], identity)).toEqual(['Ada']);
    expect(identity.isContested).toBe(true);
    expect(await namesOf([150], identity)).toEqual(['Bea']);
    expect(await namesOf([150, 150], identity)).toEqual(['Bea', 'Bea']);
    expect(identity.isContested).toBe(false);
  });

  it('is decided anew when the gallery or the threshold changes: who was erased is named no more', async () => {
    const identity = new Identity();
    await namesOf([0, 0], identity);
    const without = new NearestMatcher(gallery({ Bea: 120 }));
    expect((await decide(identity, { ...naming, matcher: without, galleryVersion: 2 })).name).toBeNull();
    await namesOf([40], identity);
    expect((await decide(identity, { ...naming, threshold: 0.1, options: { threshold: 0.1 } })).name).toBeNull();
    expect((await decide(identity)).name).toBe('Ada');
  });

  it('accepts what may be the same person', async () => {
    const identity = new Identity();
    expect(identity.accepts(at(170), 1)).toBe(true);
    await namesOf([0, 10], identity);
    expect(identity.accepts(at(64), 1)).toBe(true);
    expect(identity.accepts(at(66), 1)).toBe(false);
  });
});

describe('a poor look', () => {
  it('makes no name, and is forgotten at the first good one', async () => {
    const identity = new Identity();
    for (let i = 0; i < 3; i++) {
      identity.add(at(0), true);
      expect(await decide(identity)).toMatchObject({ name: null, nearest: 'Ada' });
    }
    expect([identity.looks, identity.goodLooks]).toEqual([3, 0]);
    expect(await namesOf([150], identity)).toEqual(['Bea']);
    expect((await decide(identity)).distance).toBeCloseTo(0, 5);
    expect([identity.looks, identity.goodLooks]).toEqual([4, 1]);
  });

  it('does not confirm a doubtful one', async () => {
    const identity = new Identity();
    expect(await namesOf([58], identity)).toEqual([null]);
    identity.add(at(58), true);
    expect((await decide(identity)).name).toBeNull();
    expect(await namesOf([58], identity)).toEqual(['Ada']);
  });

  it('speaks against no name, nor a second time for the look before it', async () => {
    const identity = new Identity();
    await namesOf([0, 150, 150, 150], identity);
    expect((await decide(identity)).name).toBe('Bea');
    const held = new Identity();
    await namesOf([0], held);
    expect(await namesOf([150], held)).toEqual(['Ada']);
    for (let i = 0; i < 10; i++) {
      held.add(at(150), true);
      expect((await decide(held)).name).toBe('Ada');
    }
    expect(await namesOf([150], held)).toEqual(['Bea']);
  });

  it('may be of the same person, unless it is one of many in a row', async () => {
    const identity = new Identity();
    await namesOf([0], identity);
    const accepted = [];
    for (let i = 0; i < 6; i++) {
      accepted.push(identity.accepts(at(170), 1, true));
      identity.add(at(170), true);
    }
    expect(accepted).toEqual([true, true, true, true, true, false]);
    expect(identity.accepts(at(10), 1, true)).toBe(true);
    await namesOf([0], identity);
    expect(identity.accepts(at(170), 1, true)).toBe(true);
  });
});
