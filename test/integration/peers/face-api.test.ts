import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DetectedFace } from '../../../src/faces/detect/detector.js';
import type { Box } from '../../../src/faces/image/box.js';
import type { RgbImage } from '../../../src/faces/image/image.js';
import { ourNetworks } from '../../helpers/face-api-engine.js';
import { loadFaceApi, type PeerFace } from '../../helpers/face-api.js';
import { cut, euclidean, largestDifference, readPhoto } from '../../helpers/photo.js';
import { samplePhoto } from '../../helpers/shared.js';

interface Pair {
  readonly theirs: PeerFace;
  readonly ours: DetectedFace;
  readonly descriptor: Float32Array;
}

const edges = ({ x, y, width, height }: Box) => [x, y, x + width, y + height];
const coordinates = (points: readonly { x: number; y: number }[]) => points.flatMap(({ x, y }) => [x, y]);

/** The first photo with a face cut through by each of its borders, and with padding above and below. */
function cutPhotos(photo: RgbImage): RgbImage[] {
  return [
    cut(photo, 480, 0, 1440, 1280),
    cut(photo, 0, 0, 1590, 1280),
    cut(photo, 300, 490, 900, 790),
    cut(photo, 0, 0, 1920, 540),
    cut(photo, 1500, 260, 150, 700),
  ];
}

/**
 * The whole walk beside face-api itself: detectAllFaces().withFaceLandmarks().withFaceDescriptors() with its own
 * defaults, on the photos of its own demo, both fed the same decoded pixels. Measured: boxes and points within 0.0002 px,
 * descriptors within 1.5e-6. The tolerances leave room for other processors' float32 sums, not for another pixel.
 */
describe('face-api on its own sample photos, whole and cut', () => {
  const networks = ourNetworks();
  const photos: { theirs: PeerFace[]; ours: DetectedFace[]; descriptors: Float32Array[] }[] = [];
  let pairs: Pair[];

  beforeAll(async () => {
    const face68 = await networks.face68();
    const ssd = await networks.ssd(face68);
    const embedder = await networks.descriptor(face68);
    const { faceApi, tf } = await loadFaceApi();
    const whole = await Promise.all(([1, 2, 3, 4, 5, 6] as const).map((number) => readPhoto(samplePhoto(number))));
    for (const image of [...whole, ...cutPhotos(whole[0])]) {
      const tensor = tf.tensor3d(new Int32Array(image.data), [image.height, image.width, 3], 'int32');
      const theirs = await faceApi.detectAllFaces(tensor).withFaceLandmarks().withFaceDescriptors();
      tensor.dispose();
      const ours = await ssd.detect(image);
      photos.push({ theirs, ours, descriptors: await embedder.embed(image, ours) });
    }
    pairs = photos.flatMap(({ theirs, ours, descriptors }) =>
      theirs.map((face, i) => ({ theirs: face, ours: ours[i], descriptor: descriptors[i] })),
    );
  });
  afterAll(() => {
    networks.remove();
  });

  it('finds the same faces in the same order', () => {
    expect(photos.map(({ ours }) => ours.length)).toEqual(photos.map(({ theirs }) => theirs.length));
    expect(pairs.length).toBe(31);
    for (const { theirs, ours } of pairs) {
      expect(largestDifference(edges(ours.box), edges(theirs.detection.box))).toBeLessThan(0.1);
      expect(ours.confidence).toBeCloseTo(theirs.detection.score, 2);
    }
  });

  it('puts the 68 points on the same pixels', () => {
    for (const { theirs, ours } of pairs) {
      const points = coordinates(ours.landmarks68 ?? []);
      expect(largestDifference(points, coordinates(theirs.landmarks.positions))).toBeLessThan(0.1);
    }
  });

  it('describes each face alike, length included', () => {
    for (const { theirs, descriptor } of pairs) expect(euclidean(descriptor, theirs.descriptor)).toBeLessThan(0.001);
  });

  it('measures the same distances between all faces', () => {
    for (const a of pairs) {
      for (const b of pairs) {
        const theirs = euclidean(a.theirs.descriptor, b.theirs.descriptor);
        expect(Math.abs(euclidean(a.descriptor, b.descriptor) - theirs)).toBeLessThan(0.001);
      }
    }
  });
});
