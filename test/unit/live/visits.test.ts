import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../src/faces/image/image.js';
import { type Change, type SeenFace, Visits } from '../../../src/live/visits.js';

const GRACE_MS = 5000;
const [STRANGER, OTHER] = [new Float32Array([1, 0]), new Float32Array([0, 1])];

interface Sight extends Partial<SeenFace> {
  readonly embedding?: Float32Array;
}

/** Frames at chosen moments, milliseconds: what they told, as `type name#track`. */
function fixture() {
  const embeddings = new Map<number, Float32Array>();
  const looks = new Map<number, number>();
  const visits = new Visits({ graceMs: GRACE_MS, embeddingOf: (track) => embeddings.get(track) ?? null });
  const faceOf = ({ embedding, ...sight }: Sight): SeenFace => {
    const track = sight.track ?? 1;
    if (embedding) embeddings.set(track, embedding);
    looks.set(track, (looks.get(track) ?? 0) + 1);
    const box = { x: 0, y: 0, width: 100, height: 100 };
    const nearness = { distance: 0.5, threshold: 1, falseMatchRate: null, live: null };
    const seen = { looks: looks.get(track)!, goodLooks: looks.get(track)!, quality: 0.8 };
    return { track, name: null, id: null, ...nearness, ...seen, box, ...sight };
  };
  const see = (now: number, ...sights: Sight[]) => visits.update(sights.map(faceOf), now).map(words);
  const seeUntil = (from: number, to: number, ...sights: Sight[]) => {
    const told: string[] = [];
    for (let now = from; now <= to; now += 100) told.push(...see(now, ...sights));
    return told;
  };
  return { visits, see, seeUntil, expire: (now: number) => visits.expire(now).map(words) };
}

function words({ type, visit, reason }: Change): string {
  return `${type} ${visit.name ?? '?'}#${visit.track}${reason === null || reason === 'gone' ? '' : ` ${reason}`}`;
}

describe('somebody who is enrolled', () => {
  it('appears at the second look with the name, once, and leaves when the grace is over', () => {
    const { see, seeUntil, expire } = fixture();
    expect(see(0, { name: 'Ada' })).toEqual([]);
    expect(see(100, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(seeUntil(200, 8000, { name: 'Ada' })).toEqual([]);
    expect(expire(8000 + GRACE_MS)).toEqual([]);
    expect(expire(8001 + GRACE_MS)).toEqual(['left Ada#1']);
    expect(expire(99_999)).toEqual([]);
  });

  it('who is lost and found again within the grace is not told of anew, in whatever track', () => {
    const { seeUntil, see } = fixture();
    expect(seeUntil(0, 1000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(see(3000)).toEqual([]);
    expect(seeUntil(5900, 8000, { name: 'Ada', track: 2 })).toEqual([]);
    expect(see(13_100)).toEqual(['left Ada#1']);
    expect(seeUntil(14_000, 14_500, { name: 'Ada', track: 3 })).toEqual(['appeared Ada#3']);
  });

  it('keeps the visit while the face is followed and the name is gone for a moment', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 1000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(seeUntil(1100, 5500, { name: null })).toEqual([]);
    expect(seeUntil(5600, 9000, { name: 'Ada' })).toEqual([]);
  });

  it('loses it where the name does not come back: it was a mistake', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 1000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(seeUntil(1100, 12_500, { embedding: STRANGER })).toEqual(['unknown ?#1', 'left Ada#1']);
  });

  it('of whom a name was told that was another one: both are told of, each once', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 1000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(seeUntil(1100, 9000, { name: 'Bea' })).toEqual(['appeared Bea#1', 'left Ada#1']);
  });

  it('comes and goes beside others', () => {
    const { seeUntil } = fixture();
    const ada: Sight = { name: 'Ada', track: 1 };
    const bea: Sight = { name: 'Bea', track: 2 };
    expect(seeUntil(0, 900, ada)).toEqual(['appeared Ada#1']);
    expect(seeUntil(1000, 2000, ada, bea)).toEqual(['appeared Bea#2']);
    expect(seeUntil(2100, 8000, bea)).toEqual(['left Ada#1']);
    expect(seeUntil(8100, 14_000)).toEqual(['left Bea#2']);
  });
});

describe('somebody unknown', () => {
  it('is told of after three looks and a second and a half', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 1400, { embedding: STRANGER })).toEqual([]);
    expect(seeUntil(1500, 3000, { embedding: STRANGER })).toEqual(['unknown ?#1']);
    expect(seeUntil(3100, 9000)).toEqual(['left ?#1']);
  });

  it('who is gone before that is not', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 1000, { embedding: STRANGER })).toEqual([]);
    expect(seeUntil(1100, 20_000)).toEqual([]);
  });

  it('who only had to come nearer appears with the name and was never unknown', () => {
    const { seeUntil } = fixture();
    seeUntil(0, 1000, { name: null });
    expect(seeUntil(1100, 3000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
  });

  it('who gets a name later has left as somebody unknown, and appears', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 2000, { embedding: STRANGER })).toEqual(['unknown ?#1']);
    expect(seeUntil(2100, 4000, { name: 'Ada' })).toEqual(['left ?#1 named', 'appeared Ada#1']);
  });

  it('is known again by the face within the grace, and another stranger is not taken for them', () => {
    const { seeUntil } = fixture();
    expect(seeUntil(0, 2000, { embedding: STRANGER })).toEqual(['unknown ?#1']);
    expect(seeUntil(6000, 9000, { track: 2, embedding: STRANGER })).toEqual([]);
    expect(seeUntil(9100, 12_000, { track: 3, embedding: OTHER })).toEqual(['unknown ?#3']);
  });

  it('is not mixed up with another one who is there at the same time', () => {
    const { seeUntil } = fixture();
    const both: Sight[] = [
      { track: 1, embedding: STRANGER },
      { track: 2, embedding: STRANGER },
    ];
    expect(seeUntil(0, 2000, ...both)).toEqual(['unknown ?#1', 'unknown ?#2']);
  });
});

describe('somebody who is erased while they are there', () => {
  it('is not told of by that name any more, and is somebody unknown from then on', () => {
    const { visits, seeUntil } = fixture();
    expect(seeUntil(0, 3000, { name: 'Ada' })).toEqual(['appeared Ada#1']);
    expect(visits.redactNames(() => false).map(words)).toEqual(['left ?#1 forgotten']);
    expect(visits.redactNames(() => false)).toEqual([]);
    expect(seeUntil(3100, 6000, { embedding: STRANGER })).toEqual(['unknown ?#1']);
    expect(seeUntil(6100, 12_000)).toEqual(['left ?#1']);
  });

  it('appears anew where they only have another name now', () => {
    const { visits, seeUntil } = fixture();
    const bea: Sight = { name: 'Bea', track: 2 };
    expect(seeUntil(0, 3000, { name: 'Ada' }, bea)).toEqual(['appeared Ada#1', 'appeared Bea#2']);
    expect(visits.redactNames((name) => name !== 'Ada').map(words)).toEqual(['left ?#1 forgotten']);
    expect(seeUntil(3100, 4000, { name: 'Ada Lovelace' }, bea)).toEqual(['appeared Ada Lovelace#1']);
    expect(seeUntil(4100, 10_000)).toEqual(['left Bea#2', 'left Ada Lovelace#1']);
  });
});

describe('the quality of the looks', () => {
  it('decides which crop is kept: the best one, even where another is larger', () => {
    const { visits } = fixture();
    const picture = (width: number) => ({ width, height: 1, data: new Uint8Array(3 * width) });
    const see = (now: number, quality: number | null, width: number) => {
      const box = { x: 0, y: 0, width, height: width };
      const counts = { looks: 9, goodLooks: 9, quality, box };
      const nearness = { distance: 0.5, threshold: 1, falseMatchRate: null, live: null };
      visits.update([{ track: 1, name: 'Ada', id: null, ...nearness, ...counts }], now, () => picture(width));
      return (visits.present[0].best?.image as RgbImage | undefined)?.width;
    };
    const looks: [number | null, number][] = [
      [null, 10],
      [0.5, 20],
      [0.9, 30],
      [0.4, 400],
      [0.9, 500],
      [null, 600],
      [0.95, 25],
    ];
    expect(looks.map(([quality, width], i) => see(100 * i, quality, width))).toEqual([10, 20, 30, 30, 30, 30, 25]);
  });

  it('counts for a name: poor ones do not', () => {
    const { see } = fixture();
    for (let now = 0; now < 1000; now += 100) expect(see(now, { name: 'Ada', goodLooks: 1 })).toEqual([]);
    expect(see(1000, { name: 'Ada', goodLooks: 2 })).toEqual(['appeared Ada#1']);
  });
});
