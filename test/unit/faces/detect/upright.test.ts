import { describe, expect, it } from 'vitest';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import { boxBefore, pointBefore, turnUpright } from '../../../../src/faces/detect/upright.js';
import { type QuarterTurns, type RgbImage, turnImage } from '../../../../src/faces/image/image.js';

const TURNS = [0, 1, 2, 3] as const;
const [WIDTH, HEIGHT] = [7, 5];
const image: RgbImage = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => i),
};
const at = ({ width, data }: RgbImage, x: number, y: number) => data[3 * (y * width + x)];

/** Finds a face of the given confidence, by the rotation of the picture that it is shown. */
class Fake implements Detector {
  readonly id = 'fake';
  readonly smallestFacePx = () => 20;
  readonly shown: RgbImage[] = [];

  constructor(private readonly confidences: readonly number[]) {}

  detect(shown: RgbImage): Promise<DetectedFace[]> {
    this.shown.push(shown);
    const turns = TURNS.find((turn) => at(turnImage(image, turn), 0, 0) === at(shown, 0, 0))!;
    const confidence = this.confidences[turns];
    const box = { x: 1, y: 1, width: 2, height: 3 };
    return Promise.resolve(confidence === 0 ? [] : [{ box, confidence, landmarks: null }]);
  }

  dispose = () => Promise.resolve();
}

async function turnsOf(confidences: readonly number[], landmarks: DetectedFace['landmarks'] = null) {
  const fake = new Fake(confidences);
  const faces = (await fake.detect(image)).map((face) => ({ ...face, landmarks }));
  const { turns, image: turned } = await turnUpright(fake, image, faces, { sure: 0.95, least: 0.8 });
  expect(turned).toEqual(turnImage(image, turns));
  return { turns, searches: fake.shown.length };
}

describe('turnImage', () => {
  it.each(TURNS)('turns %i quarters clockwise, and pointBefore leads back', (turns) => {
    const turned = turnImage(image, turns);
    for (let y = 0; y < turned.height; y++) {
      for (let x = 0; x < turned.width; x++) {
        const before = pointBefore({ x: x + 0.5, y: y + 0.5 }, turns, turned);
        expect(at(turned, x, y)).toBe(at(image, before.x - 0.5, before.y - 0.5));
      }
    }
    expect(turned.data.length).toBe(image.data.length);
  });

  it('puts the top left corner to the top right with one quarter', () => {
    expect(at(turnImage(image, 1), HEIGHT - 1, 0)).toBe(at(image, 0, 0));
  });

  it('leads boxes back', () => {
    const turned = turnImage(image, 1);
    expect(boxBefore({ x: 0, y: 1, width: 2, height: 3 }, 1, turned)).toEqual({ x: 1, y: 3, width: 3, height: 2 });
  });
});

describe('turnUpright', () => {
  it('searches once where the face is sure', async () => {
    expect(await turnsOf([0.96, 0.99, 0, 0])).toEqual({ turns: 0, searches: 1 });
  });

  it('searches four times where nothing is found', async () => {
    expect(await turnsOf([0, 0, 0, 0])).toEqual({ turns: 0, searches: 4 });
  });

  it.each<[number[], QuarterTurns]>([
    [[0, 0.9, 0, 0], 1],
    [[0, 0, 0.9, 0.85], 2],
    [[0.7, 0.81, 0.82, 0.9], 3],
    [[0, 0.79, 0, 0], 0],
    [[0.9, 0.85, 0, 0], 0],
  ])('of the confidences %j takes the best that is sure enough', async (confidences, turns) => {
    expect(await turnsOf(confidences)).toEqual({ turns, searches: turns === 0 ? 4 : 5 });
  });

  it('tries the other rotations where the best face leans far', async () => {
    const lying = [
      { x: 2, y: 1 },
      { x: 2, y: 3 },
      { x: 1.5, y: 2 },
      { x: 1, y: 1 },
      { x: 1, y: 3 },
    ] as unknown as DetectedFace['landmarks'];
    expect(await turnsOf([0.99, 0, 0, 0.9], lying)).toEqual({ turns: 3, searches: 5 });
  });
});
