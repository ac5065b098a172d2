import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import type { Embedder } from '../../../../src/faces/embed/embedder.js';
import type { LandmarkDetector68 } from '../../../../src/faces/landmarks/landmarks68.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { ourNetworks } from '../../../helpers/face-api-engine.js';
import { euclidean, readPhoto } from '../../../helpers/photo.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

const networks = ourNetworks();
let face68: LandmarkDetector68;
let ssd: Detector;
let embedder: Embedder;
beforeAll(async () => {
  face68 = await networks.face68();
  ssd = await networks.ssd(face68);
  embedder = await networks.descriptor(face68);
});
afterAll(async () => {
  for (const network of [embedder, ssd, face68]) await network.dispose();
  networks.remove();
});

describe('face descriptor', () => {
  let photo: RgbImage;
  let faces: DetectedFace[];
  let descriptors: Float32Array[];
  beforeAll(async () => {
    photo = await readPhoto(samplePhoto(1));
    faces = await ssd.detect(photo);
    descriptors = await embedder.embed(photo, faces);
  });

  it('states its contract, in whose id both networks and the crop have a part', () => {
    expect(embedder.contract).toEqual({
      id: expect.stringMatching(/^face-api-[0-9a-f]{8}-[0-9a-f]{8}-dlib1$/) as string,
      name: 'face-api',
      dimension: 128,
      inputSizePx: 150,
      threshold: 0.6,
      impostors: expect.any(Array) as number[][],
      thresholdFollowsGallery: true,
      adoptsUnlabelledRows: false,
    });
  });

  it('gives one raw vector a face: longer than a unit, as dlib has them', () => {
    expect(descriptors.map(({ length }) => length)).toEqual([128, 128, 128]);
    for (const descriptor of descriptors) {
      expect(Math.hypot(...descriptor)).toBeGreaterThan(1.3);
      expect(Math.hypot(...descriptor)).toBeLessThan(1.6);
    }
  });

  it('tells the people of a photo apart, and knows each again when smaller', async () => {
    const smaller = await readPhoto(samplePhoto(1), { width: 960, height: 640 });
    const again = await embedder.embed(smaller, await ssd.detect(smaller));
    for (const descriptor of again) {
      const distances = descriptors.map((known) => euclidean(known, descriptor)).sort((a, b) => a - b);
      expect(distances[0]).toBeLessThan(0.3);
      expect(distances[1]).toBeGreaterThan(0.6);
    }
  });

  it('finds the landmarks itself for faces of a detector that has none, in the order given', async () => {
    const bare = faces.map(({ box }) => ({ box }));
    const mixed = await embedder.embed(photo, [bare[2], faces[1], bare[0]]);
    expect(euclidean(mixed[0], descriptors[2])).toBeLessThan(1e-4);
    expect(euclidean(mixed[1], descriptors[1])).toBeLessThan(1e-4);
    expect(euclidean(mixed[2], descriptors[0])).toBeLessThan(1e-4);
  });

  it('describes what is left of a face outside the image', async () => {
    const outside = await embedder.embed(photo, [
      { box: { x: -90, y: -90, width: 100, height: 100 } },
      { box: { x: 1900, y: 1270, width: 300, height: 300 } },
      { box: { x: 9000, y: 9000, width: 300, height: 300 } },
    ]);
    for (const value of outside.flatMap((descriptor) => [...descriptor])) expect(Number.isFinite(value)).toBe(true);
    expect(await embedder.embed(photo, [])).toEqual([]);
  });
});

describe.skipIf(!hasShared)('face descriptor on 8 people with 5 tight crops each' + needsShared, () => {
  it('knows people again from one photo and takes nobody for another', async () => {
    const people = sharedPath('images', 'people');
    const examples = await Promise.all(
      readdirSync(people).map(async (name) => {
        const files = readdirSync(join(people, name)).sort();
        return { name, images: await Promise.all(files.map((file) => readPhoto(join(people, name, file)))) };
      }),
    );
    // The crops are so tight that the detector finds few of them: the whole crop is the box.
    const describeCrop = async (image: RgbImage) =>
      (await embedder.embed(image, [{ box: { x: 0, y: 0, width: image.width, height: image.height } }]))[0];
    const known: { name: string; descriptor: Float32Array }[] = [];
    for (const { name, images } of examples) known.push({ name, descriptor: await describeCrop(images[0]) });

    const outcomes = { right: 0, wrong: 0, unknown: 0 };
    for (const { name, images } of examples) {
      for (const image of images.slice(1)) {
        const descriptor = await describeCrop(image);
        const distances = known.map((person) => euclidean(person.descriptor, descriptor));
        const least = Math.min(...distances);
        if (least > embedder.contract.threshold) outcomes.unknown++;
        else outcomes[known[distances.indexOf(least)].name === name ? 'right' : 'wrong']++;
      }
    }
    expect(outcomes).toEqual({ right: 31, wrong: 0, unknown: 1 });
  });
});
