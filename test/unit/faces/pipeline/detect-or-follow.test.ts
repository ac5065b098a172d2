import { describe, expect, it } from 'vitest';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import type { TrackingState, KnownFace } from '../../../../src/faces/pipeline/pipeline.js';
import { detectOrFollow } from '../../../../src/faces/pipeline/detect-or-follow.js';
import { appearanceOf, sceneOf, similarity } from '../../../../src/faces/image/appearance.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';

const SIZE = 96;
const image: RgbImage = {
  width: SIZE,
  height: SIZE,
  data: Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, i) => (Math.floor(i / 3) * 7) % 251),
};
const face = (x: number, side = 30): DetectedFace => ({
  box: { x, y: 20, width: side, height: side },
  confidence: 0.99,
  landmarks: null,
});
const known = (x: number, changes: Partial<KnownFace> = {}): KnownFace => ({
  box: face(x).box,
  appearance: appearanceOf(image, face(x).box),
  isMissing: false,
  embeddingIsDue: false,
  bestViewScore: 1,
  ...changes,
});
const before = (faces: readonly KnownFace[], changes: Partial<TrackingState> = {}): TrackingState => ({
  faces,
  scene: sceneOf(image),
  detectionIsDue: false,
  ...changes,
});

/** Finds the same faces by detecting and by following, and notes what it was asked. */
function detector(faces: readonly DetectedFace[], followed: readonly (DetectedFace | null)[]) {
  const asked: string[] = [];
  const fake: Detector = {
    id: 'fake',
    smallestFacePx: () => 20,
    detect: () => {
      asked.push('detect');
      return Promise.resolve([...faces]);
    },
    follow: (_, boxes) => {
      asked.push(`follow ${boxes.map(({ x }) => x).join()}`);
      return Promise.resolve([...followed]);
    },
    dispose: () => Promise.resolve(),
  };
  return { fake, asked };
}

describe('look', () => {
  it('follows faces, and embeds none that looks as before', async () => {
    const { fake, asked } = detector([], [face(11)]);
    const { found, faces: sightings } = await detectOrFollow(image, fake, before([known(11)]));
    expect(asked).toEqual(['follow 11']);
    expect(found).toBe('followed');
    expect(sightings.map(({ known, embed }) => ({ known, embed }))).toEqual([{ known: 0, embed: false }]);
  });

  it.each<[string, TrackingState, string[]]>([
    ['at first', before([], { scene: null }), ['detect']],
    ['when it is due', before([known(10)], { detectionIsDue: true }), ['detect']],
    ['when the scene has changed', before([known(10)], { scene: sceneOf(image).map((grey) => grey + 60) }), ['detect']],
    ['when a face is lost', before([known(10), known(50)]), ['follow 10,50', 'detect']],
  ])('searches the whole frame %s', async (_, state, expected) => {
    const { fake, asked } = detector([face(52), face(10)], [face(10), null]);
    const { found, faces: sightings } = await detectOrFollow(image, fake, state);
    expect([found, asked]).toEqual(['detected', expected]);
    expect(sightings).toHaveLength(2);
  });

  it('knows faces again that a search finds where they were, also those that were away', async () => {
    const { fake } = detector([face(52), face(9)], []);
    const state = before([known(10), known(50, { isMissing: true })], { detectionIsDue: true });
    const { faces: sightings } = await detectOrFollow(image, fake, state);
    expect(sightings.map(({ known }) => known)).toEqual([1, 0]);
  });

  it('does not look for those that are away', async () => {
    const { fake, asked } = detector([], [face(50)]);
    const { faces: sightings } = await detectOrFollow(image, fake, before([known(10, { isMissing: true }), known(50)]));
    expect(asked).toEqual(['follow 50']);
    expect(sightings[0].known).toBe(1);
  });

  it('searches an empty room only when something moves', async () => {
    const still = detector([face(10)], []);
    expect((await detectOrFollow(image, still.fake, before([]))).faces).toEqual([]);
    expect(still.asked).toEqual([]);
    const moved = detector([face(10)], []);
    const scene = sceneOf(image);
    scene.fill(0, 0, 8);
    await detectOrFollow(image, moved.fake, before([], { scene }));
    expect(moved.asked).toEqual(['detect']);
  });

  it('searches every frame where the detector cannot follow', async () => {
    const { fake, asked } = detector([face(10)], []);
    delete fake.follow;
    await detectOrFollow(image, fake, before([known(10)]));
    expect(asked).toEqual(['detect']);
  });

  it.each<[string, Partial<KnownFace>, boolean]>([
    ['is due', { embeddingIsDue: true }, true],
    ['looks like somebody else', { appearance: appearanceOf(image, face(60).box).map((value) => -value) }, true],
    ['is seen much better', { bestViewScore: 0.1 }, true],
    ['is seen as well as before', { bestViewScore: 30 / 160 }, false],
  ])('decides on embedding a face that %s', async (_, changes, expected) => {
    const { fake } = detector([], [face(10)]);
    const { faces: sightings } = await detectOrFollow(image, fake, before([known(10, changes)]));
    expect(sightings[0].embed).toBe(expected);
  });

  it('embeds no face whose box has moved while the picture there is the same, and one that is elsewhere', async () => {
    const embeds = async (x: number) => {
      const { fake } = detector([], [face(x)]);
      return (await detectOrFollow(image, fake, before([known(10)]))).faces[0].embed;
    };
    expect(similarity(known(10).appearance, appearanceOf(image, face(17).box))).toBeLessThan(0.85);
    expect([await embeds(17), await embeds(24)]).toEqual([false, true]);
  });
});
