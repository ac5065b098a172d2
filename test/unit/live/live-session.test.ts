import { describe, expect, it } from 'vitest';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import type {
  LiveFace,
  LiveFrame,
  LiveRequest,
  Pipeline,
  TrackingState,
} from '../../../src/faces/pipeline/pipeline.js';
import type { EmbeddedPerson } from '../../../src/gallery/gallery.js';
import { fixedMatcherSource } from '../../../src/matching/matcher.js';
import { fixedThreshold } from '../../../src/matching/thresholds/threshold-source.js';
import { PersonLookup } from '../../../src/people/naming.js';
import { LiveSessions } from '../../../src/live/live-sessions.js';

const FRAME = new Uint8Array(1);
const ADA = Float32Array.of(1, 0);
const BEA = Float32Array.of(-1, 0);
/** 2 sin(angle / 2) from Ada. */
const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const MODEL = {
  detector: 'fake',
  embedder: 'fake',
  matcher: 'nearest',
  engine: 'none',
  provider: 'none',
  liveness: 'off' as const,
};

function face(changes: Partial<LiveFace> = {}): LiveFace {
  return {
    box: { x: 10, y: 10, width: 50, height: 60 },
    confidence: 0.9,
    landmarks: null,
    known: 0,
    appearance: new Float32Array(144),
    viewScore: 0.5,
    embedding: null,
    quality: null,
    cutOff: false,
    live: null,
    ...changes,
  };
}

function personOf(name: string, embedding: Float32Array, group: string): EmbeddedPerson {
  const example = { id: '1', embedding, crop: null, addedAt: null, details: null };
  return { name, id: `${name} 7`, metadata: { since: 1815 }, groups: [group], examples: [example] };
}

/** Sessions over a pipeline that answers what it is told to, and what it was told of the frames before. */
function fixture(maxSessions = 3, liveness: 'off' | 'report' | 'require' = 'off') {
  const asked: TrackingState[] = [];
  const judged: unknown[] = [];
  const answers: (Partial<LiveFrame> | Error | Promise<never>)[] = [];
  let time = 0;
  const pipeline = {
    info: { contract: { threshold: 1 }, livenessThreshold: liveness === 'off' ? null : 0.5 } as never,
    run: (async (_: 'live', { state, liveness }: LiveRequest): Promise<LiveFrame> => {
      asked.push(state);
      judged.push(liveness);
      const answer = await answers.shift()!;
      if (answer instanceof Error) throw answer;
      const timingsMs = { decode: 0, detect: 0, embed: 0 };
      return {
        image: { width: 100, height: 100 },
        found: 'followed',
        faces: [],
        facesFound: 0,
        scene: ADA,
        timingsMs,
        ...answer,
      };
    }) as Pipeline['run'],
  };
  const people = [personOf('Ada', ADA, 'left'), personOf('Bea', BEA, 'right')];
  const gallery = { version: 1, people: () => people };
  const live = new LiveSessions({
    pipeline,
    gallery,
    lookup: new PersonLookup({ version: 1, people: () => people }),
    matching: fixedMatcherSource(new NearestMatcher(gallery)),
    recognition: { model: { ...MODEL, liveness }, thresholds: fixedThreshold(1) },
    detectEvery: 3,
    maxSessions,
    now: () => time,
  });
  const send = (answer: (typeof answers)[number], id = 'camera-1') => {
    answers.push(answer);
    return live.recognize(id, FRAME);
  };
  const answer = (next: (typeof answers)[number]) => answers.push(next);
  return { live, send, answer, asked, judged, pass: (ms: number) => (time += ms) };
}

const arrival = { found: 'detected', faces: [face({ known: null, embedding: ADA })] } as const;

describe('a live session', () => {
  it('gives a face one number and one name for as long as it is followed', async () => {
    const { send, pass } = fixture();
    const answers = [await send(arrival)];
    for (let i = 0; i < 4; i++, pass(60)) answers.push(await send({ faces: [face()] }));
    expect(answers.map(({ faces }) => [faces[0].track, faces[0].name, faces[0].looks])).toEqual(
      Array.from({ length: 5 }, () => [1, 'Ada', 1]),
    );
  });

  it('asks for a look at first, then every second, and for a search every third frame or half a second', async () => {
    const { send, asked, pass } = fixture();
    await send(arrival);
    for (let i = 0; i < 2; i++, pass(33.4)) await send({ faces: [face({ embedding: ADA })] });
    await send({ found: 'detected', faces: [face()] });
    pass(1001);
    await send({ found: 'detected', faces: [face({ embedding: ADA })] });
    await send({ faces: [face()] });
    expect(asked.map(({ faces, detectionIsDue }) => [faces[0]?.embeddingIsDue, detectionIsDue])).toEqual([
      [undefined, true],
      [true, false],
      [true, false],
      [false, true],
      [true, true],
      [false, false],
    ]);
  });

  it('asks for a look every three seconds once five good ones agreed, and every second again after the face changed', async () => {
    const { send, asked, pass } = fixture();
    const isDue = () => asked.at(-1)!.faces[0].embeddingIsDue;
    const waits = async (ms: number) => {
      pass(ms - 1);
      await send({ faces: [face()] });
      const early = isDue();
      pass(2);
      await send({ faces: [face({ embedding: ADA })] });
      return [early, isDue()];
    };
    await send(arrival);
    for (let i = 0; i < 2; i++) await send({ faces: [face({ embedding: ADA })] });
    for (let i = 0; i < 2; i++) expect(await waits(1000)).toEqual([false, true]);
    for (let i = 0; i < 2; i++) expect(await waits(3000)).toEqual([false, true]);
    await send({ faces: [face({ embedding: ADA })] });
    for (let i = 0; i < 4; i++) expect(await waits(1000)).toEqual([false, true]);
    expect(await waits(3000)).toEqual([false, true]);
  });

  it('does not hand a name on to somebody who takes the place', async () => {
    const { send } = fixture();
    await send(arrival);
    const { faces } = await send({ faces: [face({ embedding: BEA })] });
    expect(faces).toMatchObject([{ track: 2, name: 'Bea', looks: 1 }]);
  });

  it('leaves a name as it is at a poor look, and gives none for poor looks alone', async () => {
    const { send } = fixture();
    await send(arrival);
    const blurred = await send({ faces: [face({ embedding: BEA, quality: 0.1 })] });
    expect(blurred.faces).toMatchObject([{ track: 1, name: 'Ada', looks: 2, goodLooks: 1, quality: 0.1 }]);
    const sharp = await send({ faces: [face({ embedding: BEA, quality: 0.9 })] });
    expect(sharp.faces).toMatchObject([{ track: 2, name: 'Bea', looks: 1, goodLooks: 1, quality: 0.9 }]);
    const poor = { ...arrival, faces: [face({ known: null, embedding: ADA, quality: 0.1 })] };
    const { faces } = await send(poor, 'camera-2');
    expect(faces).toMatchObject([{ name: null, nearest: 'Ada', distance: 0, looks: 1, goodLooks: 0 }]);
  });

  it('knows a face again that was away for a moment, and not one that was away for long', async () => {
    const { send, asked, pass } = fixture();
    await send(arrival);
    await send({ found: 'detected' });
    pass(900);
    const back = await send({ found: 'detected', faces: [face()] });
    expect(asked[2].faces).toMatchObject([{ isMissing: true }]);
    expect(back.faces).toMatchObject([{ track: 1, name: 'Ada' }]);
    await send({ found: 'detected' });
    pass(1100);
    await send({ found: 'detected' });
    expect(asked[4].faces).toHaveLength(1);
    await send(arrival).then(({ faces }) => expect(faces[0].track).toBe(2));
    expect(asked[5].faces).toHaveLength(0);
  });

  it('gives nobody two faces: the nearer has the name, the other says who it would have been', async () => {
    const { send } = fixture();
    const faces = [at(30), at(10)].map((embedding) => face({ known: null, embedding }));
    const first = await send({ found: 'detected', faces });
    expect(first.faces).toMatchObject([
      { track: 1, name: null, nearest: 'Bea', taken: 'Ada' },
      { track: 2, name: 'Ada', nearest: 'Ada' },
    ]);
    const again = await send({ faces: [face({ known: 1 })] });
    expect(again.faces).toMatchObject([{ track: 2, name: 'Ada' }]);
    const alone = await send({ found: 'detected', faces: [face({ known: 1 })] });
    expect(alone.faces).toMatchObject([{ track: 1, name: 'Ada' }]);
  });

  it('lets a name where it is while another face is hardly nearer, and gives it to one that is', async () => {
    const { send } = fixture();
    await send({ found: 'detected', faces: [face({ known: null, embedding: at(20) })] });
    const hardly = [face({ known: 0 }), face({ known: null, embedding: at(19.5) })];
    expect((await send({ found: 'detected', faces: hardly })).faces.map(({ name }) => name)).toEqual(['Ada', null]);
    const clearly = [face({ known: 0 }), face({ known: null, embedding: at(5) })];
    expect((await send({ found: 'detected', faces: clearly })).faces.map(({ name }) => name)).toEqual([null, 'Ada']);
  });

  it('lets two faces have one name where that is asked for', async () => {
    const { live, answer } = fixture();
    answer({ found: 'detected', faces: [at(30), at(10)].map((embedding) => face({ known: null, embedding })) });
    const { faces } = await live.recognize('camera-1', FRAME, { duplicates: true });
    expect(faces.map(({ name }) => name)).toEqual(['Ada', 'Ada']);
  });

  it('names people of the group that is asked for, from the next frame on, with their id', async () => {
    const { live, answer } = fixture();
    const ask = async (group: string | undefined, details?: boolean, embedding: Float32Array | null = null) => {
      answer({ found: 'detected', faces: [face({ known: embedding ? null : 0, embedding })] });
      const { faces } = await live.recognize('camera-1', FRAME, { group, details });
      return faces[0];
    };
    expect(await ask('left', true, ADA)).toMatchObject({
      name: 'Ada',
      id: 'Ada 7',
      runnerUp: null,
      details: { groups: ['left'], metadata: { since: 1815 } },
    });
    expect(await ask('right')).toMatchObject({ name: null, id: null, nearest: 'Bea' });
    expect(await ask('nobody', true)).toMatchObject({ name: null, id: null, nearest: null, distance: null });
    const everybody = await ask(undefined);
    expect(everybody).toMatchObject({ name: 'Ada', id: 'Ada 7', runnerUp: { name: 'Bea' } });
    expect(everybody).not.toHaveProperty('details');
  });

  it('goes on after a frame that is no picture', async () => {
    const { send } = fixture();
    await send(arrival);
    await expect(send(new Error('no picture'))).rejects.toThrow('no picture');
    expect((await send({ faces: [face()] })).faces).toMatchObject([{ track: 1, name: 'Ada' }]);
  });

  it('looks at frames in their order, and refuses them when too many wait', async () => {
    const { send, live } = fixture();
    const first = [arrival, ...Array.from({ length: 3 }, () => ({ faces: [face()] }))].map((answer) => send(answer));
    await expect(live.recognize('camera-1', FRAME)).rejects.toMatchObject({ code: 'busy' });
    expect((await Promise.all(first)).map(({ faces }) => faces[0].track)).toEqual([1, 1, 1, 1]);
  });
});

describe('live sessions', () => {
  it('are kept apart', async () => {
    const { send, asked } = fixture();
    await send(arrival, 'camera-1');
    await send({ found: 'detected' }, 'camera-2');
    expect(asked[1]).toEqual({ faces: [], scene: null, detectionIsDue: true });
  });

  it('are forgotten after half a minute, when told to, and when there are too many', async () => {
    const { live, send, asked, pass } = fixture(2);
    await send(arrival, 'camera-1');
    pass(30_001);
    await send(arrival, 'camera-1');
    expect(asked[1].faces).toEqual([]);
    live.forget('camera-1');
    await send(arrival, 'camera-1');
    expect(asked[2].faces).toEqual([]);
    await send(arrival, 'camera-2');
    await send({ faces: [face()] }, 'camera-1');
    await send(arrival, 'camera-3');
    expect(live.count).toBe(2);
    await send({ faces: [face()] }, 'camera-1');
    expect(asked[6].faces).toHaveLength(1);
    await send(arrival, 'camera-2');
    expect(asked[7].faces).toEqual([]);
  });
});

describe('liveness in a session', () => {
  const look = (score: number) => ({
    score,
    verdict: score >= 0.5 ? ('live' as const) : ('spoof' as const),
    why: score >= 0.5 ? null : ('below_threshold' as const),
  });
  const see = (live: LiveFace['live'], known: number | null = 0): Partial<LiveFrame> => ({
    faces: [face({ known, embedding: ADA, live })],
  });

  it('is decided at the third look, and stays while the face is followed', async () => {
    const { send } = fixture(3, 'report');
    const verdicts: unknown[] = [];
    const frames = [see(look(0.9), null), see(look(0.9)), see(look(0.9)), { faces: [face()] }];
    for (const frame of frames) verdicts.push((await send(frame)).faces[0].live?.verdict);
    expect(verdicts).toEqual(['unsure', 'unsure', 'live', 'live']);
  });

  it('goes on being judged every second while the looks do not agree that the face is alive', async () => {
    const { send, asked, pass } = fixture(3, 'report');
    for (let i = 0; i < 4; i++) await send(see(look(0.9), i === 0 ? null : 0));
    await send(see(look(0.4)));
    pass(1001);
    await send({ faces: [face()] });
    expect(asked.at(-1)!.faces[0].embeddingIsDue).toBe(true);
  });

  it('gives a name only to the living where that is required', async () => {
    const { send } = fixture(3, 'require');
    await send(see(look(0.1), null));
    await send(see(look(0.1)));
    const picture = (await send(see(look(0.1)))).faces[0];
    expect(picture).toMatchObject({ name: null, nearest: null, distance: null, withheld: 'not_live' });
    expect(picture.live).toMatchObject({ verdict: 'spoof', why: 'below_threshold' });
    for (let i = 0; i < 5; i++) await send(see(look(0.99)));
    const person = (await send(see(look(0.99)))).faces[0];
    expect(person).toMatchObject({ name: 'Ada', live: { verdict: 'live' } });
    expect(person.withheld).toBeUndefined();
  });

  it('is required, reported or left out as each frame asks', async () => {
    const { live, answer, judged } = fixture(3, 'report');
    const ask = async (policy: 'off' | 'report' | 'require' | undefined, frame: Partial<LiveFrame>) => {
      answer(frame);
      const { faces, model } = await live.recognize('camera-1', FRAME, { liveness: policy });
      expect(model.liveness).toBe(policy ?? 'report');
      return faces[0];
    };
    expect(await ask('off', see(null, null))).toMatchObject({ name: 'Ada', live: null });
    const unsure = { live: { verdict: 'unsure', why: 'few_looks' } };
    expect(await ask('require', see(look(0.9)))).toMatchObject({ name: null, withheld: 'not_live', ...unsure });
    expect(await ask('report', see(look(0.9)))).toMatchObject({ name: 'Ada', ...unsure });
    expect(await ask(undefined, see(look(0.9)))).toMatchObject({ name: 'Ada', live: { verdict: 'live' } });
    expect(await ask('off', { faces: [face()] })).toMatchObject({ name: 'Ada', live: null });
    expect(judged).toEqual([false, true, true, true, false]);
  });

  it('is required of every frame where the server requires it', async () => {
    const { live, answer } = fixture(3, 'require');
    for (const liveness of ['off', 'report'] as const) {
      answer(see(look(0.1), null));
      const { faces, model } = await live.recognize('camera-1', FRAME, { liveness });
      expect(faces[0]).toMatchObject({ name: null, withheld: 'not_live', live: { verdict: 'unsure' } });
      expect(model.liveness).toBe('require');
    }
  });

  it('cannot be asked of a server without it', async () => {
    const { live } = fixture();
    for (const liveness of ['report', 'require'] as const) {
      await expect(live.recognize('camera-1', FRAME, { liveness })).rejects.toMatchObject({
        code: 'liveness_unavailable',
      });
    }
  });

  it('is null where it is not judged', async () => {
    const { send } = fixture();
    expect((await send(see(null, null))).faces[0].live).toBeNull();
  });
});
