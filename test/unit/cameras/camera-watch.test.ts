import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../../src/events/event.js';
import { CameraWatch } from '../../../src/cameras/camera-watch.js';
import { cameraSettings } from '../../../src/cameras/camera-settings.js';
import type { LiveRecognition, OpenSession } from '../../../src/live/live-sessions.js';
import { memoryLogger } from '../../helpers/log.js';

const image = { width: 640, height: 480, data: new Uint8Array(3 * 640 * 480) };
const GRACE_MS = 2000;

/** A watch whose answers come when they are given. */
function fixture() {
  const answers: ((names: readonly (string | null)[]) => void)[] = [];
  const published: NewEvent[] = [];
  const seen: unknown[] = [];
  let looks = 0;
  const face = (name: string | null) => ({
    name,
    id: name && `id of ${name}`,
    distance: 0.5,
    threshold: 1,
    falseMatchRate: 0.001,
    nearest: name,
    runnerUp: null,
    margin: null,
    confidence: 1,
    track: 1,
    looks: ++looks,
    landmarks: null,
    box: { x: 10, y: 10, width: 100, height: 100 },
  });
  const session: OpenSession = {
    recognize: () =>
      new Promise((resolve) =>
        answers.push((names) => resolve({ faces: names.map(face) } as unknown as LiveRecognition)),
      ),
    embeddingOf: () => null,
  };
  const watch = new CameraWatch({
    settings: cameraSettings.parse({ id: 'door', source: 'a.mp4', graceSeconds: GRACE_MS / 1000 }),
    live: { open: () => session },
    publish: (event) => published.push(event),
    onFaces: (camera, faces) => seen.push([camera, ...faces.map(({ name }) => name)]),
    deadlineMs: 60_000,
    log: memoryLogger(),
    isVideo: false,
    stopped: new AbortController().signal,
  });
  const look = async (at: number, ...names: (string | null)[]) => {
    const looked = watch.process({ image, at });
    answers.shift()!(names);
    await looked;
  };
  const reported = () => published.map(({ type, person }) => `${type} ${person ?? '?'}`);
  return { watch, published, seen, reported, look, answers };
}

describe('a camera that is looked at more slowly than people may be out of sight', () => {
  it('lets nobody leave while a frame is looked at that may show them', async () => {
    const { watch, reported, look, answers } = fixture();
    await look(0, 'Ada');
    await look(100, 'Ada');
    const slow = watch.process({ image, at: 200 });
    watch.expire(100 + 3 * GRACE_MS);
    expect(reported()).toEqual(['appeared Ada']);
    answers.shift()!(['Ada']);
    await slow;
    await look(100 + 4 * GRACE_MS, 'Ada');
    expect(reported()).toEqual(['appeared Ada']);
    watch.expire(101 + 5 * GRACE_MS);
    expect(reported()).toEqual(['appeared Ada', 'left Ada']);
  });

  it('tells of the faces of every frame, also before anybody has appeared', async () => {
    const { seen, look } = fixture();
    await look(0, 'Ada');
    await look(100, 'Ada', null);
    expect(seen).toEqual([
      ['door', 'Ada'],
      ['door', 'Ada', null],
    ]);
  });

  it('counts a frame that could not be looked at, and goes on', async () => {
    const { watch, reported, look } = fixture();
    const lost = new CameraWatch({
      settings: cameraSettings.parse({ id: 'door', source: 'a.mp4' }),
      live: { open: () => ({ recognize: () => Promise.reject(new Error('lost')), embeddingOf: () => null }) },
      publish: () => undefined,
      deadlineMs: 60_000,
      log: memoryLogger(),
      isVideo: false,
      stopped: new AbortController().signal,
    });
    await lost.process({ image, at: 0 });
    expect([lost.looked, lost.failed]).toEqual([0, 1]);
    await look(0, 'Ada');
    await look(100, 'Ada');
    expect([watch.looked, reported()]).toEqual([2, ['appeared Ada']]);
  });
});

describe('the events of a visit', () => {
  it('bear the id of the person, also where the last sight of them had no name', async () => {
    const { watch, published, look } = fixture();
    await look(0, 'Ada');
    await look(100, 'Ada');
    await look(200, null);
    watch.end();
    expect(published.map(({ type, person, personId }) => ({ type, person, personId }))).toEqual([
      { type: 'appeared', person: 'Ada', personId: 'id of Ada' },
      { type: 'left', person: 'Ada', personId: 'id of Ada' },
    ]);
  });

  it('are without name and id for whoever is erased before they leave', async () => {
    const { watch, published, look } = fixture();
    await look(0, 'Ada');
    await look(100, 'Ada');
    watch.redactNames(() => false);
    expect(published[1]).toMatchObject({ type: 'left', person: null, personId: null, track: 1, reason: 'forgotten' });
  });
});

describe('a clock of the server that is set back', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets nobody leave', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { watch, reported, look } = fixture();
    const start = performance.now();
    await look(start, 'Ada');
    await look(start + 100, 'Ada');
    for (const hours of [-24, 48]) {
      vi.setSystemTime(Date.now() + hours * 3_600_000);
      watch.expire(start + 150);
      await look(start + 200, 'Ada');
    }
    watch.expire(start + 200 + GRACE_MS - 1);
    expect(reported()).toEqual(['appeared Ada']);
    watch.expire(start + 201 + GRACE_MS);
    expect(reported()).toEqual(['appeared Ada', 'left Ada']);
  });
});
