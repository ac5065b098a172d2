import { describe, expect, it } from 'vitest';
import { withBorderRetry } from '../../../../src/faces/detect/border-retry.js';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import { RostroError } from '../../../../src/shared/errors.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';

const picture: RgbImage = { width: 10, height: 5, data: Uint8Array.from({ length: 150 }, (_, i) => i) };
const fifth = { borderShares: [0.2] };

/** Finds what the test says for each look, and remembers what it was shown. */
class Scripted implements Detector {
  readonly id = 'scripted';
  readonly shown: RgbImage[] = [];
  disposed = false;
  readonly smallestFacePx = () => 20;

  constructor(private readonly looks: DetectedFace[][]) {}

  detect(image: RgbImage): Promise<DetectedFace[]> {
    this.shown.push(image);
    return Promise.resolve(this.looks[this.shown.length - 1]);
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}

const at = (x: number, y: number) => ({ x, y });
const faceOf = (x: number, y: number, width: number, height: number, confidence = 0.9): DetectedFace => ({
  box: { x, y, width, height },
  confidence,
  landmarks: null,
});

describe('withBorderRetry', () => {
  it('leaves a face with surroundings, and several faces, as they are', async () => {
    for (const faces of [[faceOf(1, 1, 2, 2)], [faceOf(0, 0, 5, 5), faceOf(5, 0, 5, 5)]]) {
      const detector = new Scripted([faces]);
      expect(await withBorderRetry(detector, fifth).detect(picture)).toEqual(faces);
      expect(detector.shown).toEqual([picture]);
    }
  });

  it('looks again in a grey border, and moves boxes and landmarks back', async () => {
    const face: DetectedFace = {
      ...faceOf(1, 2.5, 12, 6),
      landmarks: [at(3, 4), at(8, 4), at(5.5, 5), at(4, 7), at(7, 7)],
      landmarks68: [at(3, 3), at(9, 9)],
    };
    const detector = new Scripted([[], [face]]);
    expect(await withBorderRetry(detector, fifth).detect(picture)).toEqual([
      {
        box: { x: -1, y: 0.5, width: 12, height: 6 },
        confidence: 0.9,
        landmarks: [at(1, 2), at(6, 2), at(3.5, 3), at(2, 5), at(5, 5)],
        landmarks68: [at(1, 1), at(7, 7)],
      },
    ]);

    const [, padded] = detector.shown;
    expect([padded.width, padded.height]).toEqual([14, 9]);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 14; x++) {
        const inside = x >= 2 && x < 12 && y >= 2 && y < 7;
        const first = ((y - 2) * 10 + x - 2) * 3;
        const pixel = inside ? [first, first + 1, first + 2] : [128, 128, 128];
        expect([...padded.data.subarray((y * 14 + x) * 3, (y * 14 + x) * 3 + 3)]).toEqual(pixel);
      }
    }
  });

  it('looks at a small copy of a large picture, and scales back', async () => {
    const large: RgbImage = { width: 800, height: 400, data: new Uint8Array(800 * 400 * 3).fill(77) };
    const detector = new Scripted([[], [faceOf(60, 50, 80, 90)]]);
    const found = await withBorderRetry(detector, fifth).detect(large);
    expect(found).toEqual([faceOf(80, 40, 320, 360)]);
    expect([detector.shown[1].width, detector.shown[1].height]).toEqual([280, 180]);
    expect(detector.shown[1].data[(90 * 280 + 140) * 3]).toBe(77);
  });

  it('takes the surer look at a face that fills the picture', async () => {
    const unsure = faceOf(0, 0, 10, 5, 0.7);
    const sure = new Scripted([[unsure], [faceOf(2, 2, 10, 5, 0.99)]]);
    expect(await withBorderRetry(sure, fifth).detect(picture)).toEqual([faceOf(0, 0, 10, 5, 0.99)]);
    const unsurer = new Scripted([[unsure], [faceOf(3, 3, 9, 4, 0.6)]]);
    expect(await withBorderRetry(unsurer, fifth).detect(picture)).toEqual([unsure]);
  });

  it('passes over small faces in a further look, and stops after the last border', async () => {
    const detector = new Scripted([[], [faceOf(3, 3, 1, 1)], []]);
    expect(await withBorderRetry(detector, { borderShares: [0.5, 1] }).detect(picture)).toEqual([]);
    expect(detector.shown.map(({ width }) => width)).toEqual([10, 20, 30]);
  });

  it('stops at the first border in which a face has surroundings, and keeps the surest look at one that has none', async () => {
    const both = { borderShares: [0.5, 1] };
    const settled = new Scripted([[], [faceOf(6, 6, 3, 2, 0.6)]]);
    expect(await withBorderRetry(settled, both).detect(picture)).toEqual([faceOf(1, 1, 3, 2, 0.6)]);
    expect(settled.shown).toHaveLength(2);
    const filled = new Scripted([[], [faceOf(5, 5, 10, 5, 0.9)], [faceOf(11, 11, 9, 4, 0.8)]]);
    expect(await withBorderRetry(filled, both).detect(picture)).toEqual([faceOf(0, 0, 10, 5, 0.9)]);
    expect(filled.shown).toHaveLength(3);
  });

  it('is the detector in all else', async () => {
    const detector = new Scripted([]);
    const retrying = withBorderRetry(detector, fifth);
    expect(retrying.id).toBe('scripted');
    await retrying.dispose();
    expect(detector.disposed).toBe(true);
  });

  it.each([0, -0.1, 1.01, NaN])('refuses a border of %d', (share) => {
    const message = 'The border for a second try must be above 0 and at most 1 of the picture.';
    expect(() => withBorderRetry(new Scripted([]), { borderShares: [0.5, share] })).toThrow(
      new RostroError('bad_config', message),
    );
  });
});
