import { describe, expect, it } from 'vitest';
import { RostroApiError, type Recognition, type RecognizedFace } from '../../../src/client/index.js';
import { enrolFromFrames } from '../../../public/js/live/enrolment.js';

const image = { width: 100, height: 100 };
const face = (x: number, name: string | null, nearest = name): RecognizedFace => ({
  box: { x, y: 20, width: 20, height: 20 },
  confidence: 0.99,
  landmarks: null,
  live: null,
  name,
  id: null,
  distance: name === null ? 0.9 : 0.1,
  threshold: 0.6,
  falseMatchRate: null,
  nearest,
  runnerUp: null,
  margin: null,
});
const wanted = {
  box: { x: 0.5, y: 0.2, width: 0.2, height: 0.2 },
  serverTrack: null,
  name: null,
  distance: 0.9,
  falseMatchRate: null,
  nearest: 'Ada',
  runnerUp: null,
  trained: false,
};

/** Plays answers, the last one for ever, and notes what is uploaded. */
function bench(
  frames: RecognizedFace[][],
  upload: (count: number) => string = () => 'Grace',
  repeated: readonly number[] = [],
) {
  const uploads: { name: string; face: number }[] = [];
  const progress: number[] = [];
  let recognized = 0;
  const parts = {
    grab: () => Promise.resolve({ blob: new Blob(['jpeg']), capturedAt: 0 }),
    recognize: () =>
      Promise.resolve({ image, faces: frames[Math.min(recognized++, frames.length - 1)] } as Recognition),
    upload: (_photo: Blob, options: { name: string; face: number }) => {
      uploads.push(options);
      const name = upload(uploads.length);
      const quality = { facePx: 90, sharpness: 100, brightness: 0.5, contrast: 0.2, pose: null };
      const outcome = repeated.includes(uploads.length) ? ('already_there' as const) : ('enrolled' as const);
      const kept = {
        file: null,
        outcome,
        example: 'e',
        crop: 'c',
        embedding: 'e',
        quality,
        rotated: 0 as const,
        warnings: [],
      };
      return Promise.resolve({ ...face(0, name), name, ...kept });
    },
    onAnswer: (): void => undefined,
    onProgress: (enrolled: number) => progress.push(enrolled),
  };
  const run = (signal = new AbortController().signal) => enrolFromFrames('Grace', wanted, parts, signal);
  return { run, uploads, progress, parts, recognizedFrames: () => recognized };
}

describe('enrolling a face of the picture', () => {
  it('takes three frames and says which face of each is meant', async () => {
    const { run, uploads, progress } = bench([
      [face(10, 'Ada'), face(50, null, 'Ada')],
      [face(52, 'Grace'), face(10, 'Ada')],
      [face(10, 'Ada'), face(54, 'Grace')],
    ]);
    expect(await run()).toEqual({ name: 'Grace', enrolled: 3, seen: 3, error: null });
    expect(uploads).toEqual([
      { name: 'Grace', face: 1 },
      { name: 'Grace', face: 0 },
      { name: 'Grace', face: 1 },
    ]);
    expect(progress).toEqual([1, 2, 3]);
  });

  it('follows the face as it moves, and skips frames that do not show it', async () => {
    const { run, recognizedFrames } = bench([[face(50, null)], [], [face(58, 'Grace')], [face(66, 'Grace')]]);
    expect(await run()).toMatchObject({ enrolled: 3, seen: 3 });
    expect(recognizedFrames()).toBe(4);
  });

  it('takes another frame for one that the camera has repeated', async () => {
    const { run, progress } = bench([[face(50, null)], [face(50, 'Grace')]], () => 'Grace', [2, 3]);
    expect(await run()).toEqual({ name: 'Grace', enrolled: 3, seen: 3, error: null });
    expect(progress).toEqual([1, 2, 3]);
  });

  it('does not enrol somebody else who has taken the place', async () => {
    const { run, uploads } = bench([[face(50, 'Edsger')]]);
    expect(await run()).toEqual({ name: 'Grace', enrolled: 0, seen: 0, error: null });
    expect(uploads).toEqual([]);
    const swapped = bench([[face(50, null)], [face(50, 'Edsger')], [face(50, null)]]);
    expect(await swapped.run()).toMatchObject({ enrolled: 1, seen: 1 });
  });

  it('enrols a doubtful face that is now taken for whom it was near', async () => {
    expect(await bench([[face(50, 'Ada')], [face(50, 'Grace')]]).run()).toMatchObject({ enrolled: 3 });
  });

  it('gives up after fifteen frames without the face', async () => {
    const { run, recognizedFrames } = bench([[face(10, null)]]);
    expect(await run()).toMatchObject({ enrolled: 0, error: null });
    expect(recognizedFrames()).toBe(15);
  });

  it('uses the name as the server writes it', async () => {
    const { run } = bench([[face(50, null)], [face(50, 'Grace Hopper')]], () => 'Grace Hopper');
    expect(await run()).toEqual({ name: 'Grace Hopper', enrolled: 3, seen: 3, error: null });
  });

  it('ends at a refusal and tells it with what worked', async () => {
    const full = new RostroApiError('storage_failed', 'disk full', { status: 507 });
    const { run } = bench([[face(50, null)], [face(50, 'Grace')]], (count) => {
      if (count === 2) throw full;
      return 'Grace';
    });
    expect(await run()).toEqual({ name: 'Grace', enrolled: 1, seen: 2, error: full });
  });

  it('ends when the dialog is left or the camera gives no picture', async () => {
    const left = bench([[face(50, null)]]);
    expect(await left.run(AbortSignal.abort())).toMatchObject({ enrolled: 0 });
    expect(left.recognizedFrames()).toBe(0);
    const leaving = bench([[face(50, null)]]);
    const dialog = new AbortController();
    leaving.parts.onAnswer = () => dialog.abort();
    expect(await leaving.run(dialog.signal)).toMatchObject({ enrolled: 0 });
    expect(leaving.uploads).toEqual([]);
    const dark = bench([[face(50, null)]]);
    dark.parts.grab = () => Promise.resolve(null as never);
    expect(await dark.run()).toMatchObject({ enrolled: 0 });
  });
});
