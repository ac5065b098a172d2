import { describe, expect, it } from 'vitest';
import type { SightingRecorder } from '../../../src/history/history.js';
import { firstSeen, type NewSighting, type SightingChange, type SightingFace } from '../../../src/history/sighting.js';
import { VisitRecorder } from '../../../src/live/visit-recorder.js';
import { type SeenFace, Visits } from '../../../src/live/visits.js';

type Told =
  | { what: 'begin'; sighting: NewSighting; face: SightingFace }
  | { what: 'change'; id: string; change: SightingChange; face: SightingFace | null }
  | { what: 'discard'; id: string };

const LIVE = { score: 0.9, verdict: 'live', why: null } as const;

/** Frames at chosen moments in front of a camera whose clock began ten seconds ago. */
function fixture() {
  const told: Promise<Told>[] = [];
  const history: SightingRecorder = {
    isOn: true,
    begin: (sighting, face) => told.push(face().then((made) => ({ what: 'begin', sighting, face: made }))),
    change(id, change, face) {
      told.push(Promise.resolve(face && face()).then((made) => ({ what: 'change', id, change, face: made })));
    },
    discard: (id) => told.push(Promise.resolve({ what: 'discard', id })),
  };
  const visits = new Visits({ graceMs: 5000, embeddingOf: (track) => new Float32Array([track, 0]) });
  const parts = { history, source: 'camera', camera: 'door', contract: 'net-1' } as const;
  const recorder = new VisitRecorder({ ...parts, now: () => 10_000 });
  const crop = ({ quality }: SeenFace) => new Uint8Array([100 * quality!]);
  let looks = 0;
  const see = (now: number, given: Partial<SeenFace> = {}) => {
    looks++;
    const face: SeenFace = {
      track: 1,
      name: null,
      id: null,
      distance: 0.9,
      threshold: 1,
      falseMatchRate: 0.2,
      live: null,
      looks,
      goodLooks: looks,
      quality: 0.5,
      box: { x: 0, y: 0, width: 9, height: 9 },
      ...given,
    };
    recorder.note(visits.update([face], now, crop));
  };
  const seeUntil = (from: number, to: number, given?: Partial<SeenFace>) => {
    for (let now = from; now <= to; now += 500) see(now, given);
  };
  const finish = () => recorder.note(visits.end());
  const forget = (name: string) => recorder.note(visits.redactNames((one) => one !== name));
  return { see, seeUntil, finish, forget, told: () => Promise.all(told) };
}

describe('the visits in front of a camera', () => {
  it('are recorded when a person appears, and once more at the end', async () => {
    const { see, finish, told } = fixture();
    const before = Date.now();
    see(0, { name: 'Ada', distance: 0.7, falseMatchRate: 0.1 });
    see(100, { name: 'Ada', distance: 0.6, falseMatchRate: 0.05, quality: 0.6 });
    see(200, { name: 'Ada', distance: 0.8, quality: 0.9, live: LIVE });
    see(300, { name: null, distance: 0.3 });
    see(400, { name: 'Ada', distance: 0.9, quality: 0.4 });
    finish();
    const [begin, change, ...more] = await told();
    if (begin.what !== 'begin' || change.what !== 'change') throw new Error('not told in this order');
    expect([begin.sighting, more]).toMatchObject([
      { source: 'camera', camera: 'door', person: 'Ada', looks: 2, quality: 0.6, distance: 0.6, falseMatchRate: 0.05 },
      [],
    ]);
    const first = firstSeen(begin.sighting.id).getTime();
    expect(Math.abs(first - (before - 10_000))).toBeLessThan(1000);
    expect(begin.face).toEqual({
      embedding: { contract: 'net-1', vector: new Float32Array([1, 0]) },
      crop: new Uint8Array([60]),
    });
    expect([change.id, change.change]).toMatchObject([
      begin.sighting.id,
      { looks: 5, quality: 0.9, distance: 0.6, falseMatchRate: 0.05, live: LIVE, threshold: 1 },
    ]);
    expect(change.face?.crop).toEqual(new Uint8Array([90]));
    expect(change.change.last.getTime() - first).toBeGreaterThanOrEqual(399);
  });

  it('keep the face where it did not get better', async () => {
    const { seeUntil, finish, told } = fixture();
    seeUntil(0, 1000, { name: 'Ada' });
    finish();
    expect((await told()).at(-1)).toMatchObject({ what: 'change', face: null });
  });

  it('of a stranger who gets a name become the visit of that person', async () => {
    const { seeUntil, finish, told } = fixture();
    seeUntil(0, 2000);
    seeUntil(2500, 3000, { name: 'Ada', distance: 0.4 });
    finish();
    const all = await told();
    // The face is in the history at every moment.
    expect(all.map(({ what }) => what)).toEqual(['begin', 'begin', 'discard', 'change']);
    const [stranger, ada, discarded] = all;
    if (stranger.what !== 'begin' || ada.what !== 'begin') throw new Error('not told in this order');
    expect([stranger.sighting.person, ada.sighting.person]).toEqual([null, 'Ada']);
    expect(discarded).toEqual({ what: 'discard', id: stranger.sighting.id });
    expect(Math.abs(firstSeen(stranger.sighting.id).getTime() - firstSeen(ada.sighting.id).getTime())).toBeLessThan(50);
  });

  it('of a person who is renamed or erased end without the face, and a stranger begins anew', async () => {
    const { seeUntil, forget, told } = fixture();
    seeUntil(0, 500, { name: 'Ada' });
    forget('Ada');
    seeUntil(1000, 3000);
    expect(await told()).toMatchObject([
      { what: 'begin', sighting: { person: 'Ada' } },
      { what: 'change', face: null },
      { what: 'begin', sighting: { person: null } },
    ]);
  });

  it('that nobody was told of are not recorded', async () => {
    const { see, finish, told } = fixture();
    see(0);
    see(100);
    finish();
    expect(await told()).toEqual([]);
  });
});
