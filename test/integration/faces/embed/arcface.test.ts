import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { arcfaceCropper, loadArcface } from '../../../../src/faces/embed/arcface.js';
import type { EmbeddingNetwork } from '../../../../src/faces/embed/embedder.js';
import type { Landmarks5 } from '../../../../src/faces/image/box.js';
import { installedWeightsDir } from '../../../../src/models/find-models.js';
import { KNOWN_CARDS } from '../../../../src/models/known-cards.js';
import { euclidean, largestDifference, readPhoto } from '../../../helpers/photo.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, hasWeights, needsSharedAndWeights, sharedPath } from '../../../helpers/shared.js';

interface GoldenFace {
  readonly image: string;
  readonly landmarks: Landmarks5;
  readonly aligned: string;
  readonly embedding: readonly number[];
}

const GOLDEN = hasShared
  ? (JSON.parse(readFileSync(sharedPath('golden', 'mobilefacenet.json'), 'utf8')) as { faces: GoldenFace[] }).faces
  : [];
const card = KNOWN_CARDS.find(({ name }) => name === 'mobilefacenet')!;

describe.skipIf(!hasShared || !hasWeights)(`MobileFaceNet${needsSharedAndWeights}`, () => {
  let network: EmbeddingNetwork;
  beforeAll(async () => {
    const path = join(installedWeightsDir()!, card.file);
    network = await loadArcface(createOnnxRuntime({ threads: 2 }), { card, path, cacheDir: sharedCacheDir });
  });
  afterAll(() => network.dispose());

  it('embeds the aligned faces as the reference does', async () => {
    for (const { aligned, embedding } of GOLDEN) {
      const { data } = await readPhoto(sharedPath('golden', aligned));
      const [found] = await network.embed(Float32Array.from(data));
      expect(largestDifference(found, embedding)).toBeLessThan(1e-4);
    }
  });

  it('aligns faces by their landmarks as the reference does', async () => {
    const cropper = arcfaceCropper(card, () => Promise.reject(new Error('the landmarks are given')));
    for (const { image, landmarks, aligned, embedding } of GOLDEN) {
      const photo = await readPhoto(sharedPath('images', image));
      const crop = await cropper.crop(photo, [{ box: { x: 0, y: 0, width: 1, height: 1 }, landmarks }]);
      const { data } = await readPhoto(sharedPath('golden', aligned));
      const difference = crop.reduce((sum, value, i) => sum + Math.abs(value - data[i]), 0) / crop.length;
      expect(difference).toBeLessThan(2);
      expect(euclidean((await network.embed(crop))[0], embedding)).toBeLessThan(0.1);
    }
  });
});
