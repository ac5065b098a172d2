import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMtcnn } from '../../../src/faces/detect/mtcnn/mtcnn.js';
import { loadFacenet, type Standardisation } from '../../../src/faces/embed/facenet.js';
import { auc, bestThreshold, ratesAt } from '../../../src/shared/statistics/metrics.js';
import { parsePairs } from '../../../src/evaluation/pairs.js';
import { euclideanDistance } from '../../../src/matching/matcher.js';
import { centralFace } from '../../../src/faces/pipeline/central-face.js';
import { createOnnxRuntime } from '../../../src/engine/onnxruntime.js';
import { findPhoto, type PhotoRef } from '../../../src/evaluation/dataset.js';
import { readPhoto } from '../../helpers/photo.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

/** Every so many pairs of `lfw-dev/pairs.txt` are looked at. */
const EVERY = 8;

/** The trap of the 2018 networks: they were trained with (x - 127.5) / 128, and facenet's own scripts whiten each photo. */
describe.skipIf(!hasShared)(`FaceNet 2018 with the other standardisation${needsShared}`, () => {
  let cacheDir: string;
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'rostro-standardisation-'));
  });
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));

  it('tells pairs of LFW apart measurably worse', async () => {
    const engine = createOnnxRuntime({ threads: 2 });
    const [det1, det2, det3] = [1, 2, 3].map((n) => sharedPath('models', 'npy', `det${n}.npy`));
    const detector = await loadMtcnn(engine, { det1, det2, det3 }, cacheDir);
    const path = sharedPath('models', 'model', '20180402-114759', '20180402-114759.pb');
    const embedderWith = (standardisation: Standardisation) => loadFacenet(engine, { path, cacheDir, standardisation });
    const embedders = [await embedderWith('fixed'), await embedderWith('prewhiten')];
    const embed = async (ref: PhotoRef) => {
      const image = await readPhoto((await findPhoto(sharedPath('lfw-dev', 'images'), ref))!);
      const face = centralFace(await detector.detect(image), image)!;
      return Promise.all(embedders.map(async (embedder) => (await embedder.embed(image, [face]))[0]));
    };

    const everyPair = parsePairs(await readFile(sharedPath('lfw-dev', 'pairs.txt'), 'utf8'));
    const pairs = everyPair.filter((_, i) => i % EVERY === 0);
    const distances: number[][] = [[], []];
    const embedded = new Map<string, Awaited<ReturnType<typeof embed>>>();
    const embedOnce = async (ref: PhotoRef) => {
      const key = JSON.stringify(ref);
      if (!embedded.has(key)) embedded.set(key, await embed(ref));
      return embedded.get(key)!;
    };
    for (const { a, b } of pairs) {
      const [first, second] = [await embedOnce(a), await embedOnce(b)];
      distances.forEach((list, i) => list.push(euclideanDistance(first[i], second[i])));
    }
    const same = pairs.map((pair) => pair.same);
    const errors = distances.map((list) => {
      const { far, frr } = ratesAt(list, same, bestThreshold(list, same));
      return (far + frr) / 2;
    });
    const [fixed, prewhitened] = distances.map((list) => auc(list, same));
    expect(errors[0]).toBeLessThan(errors[1]);
    expect(fixed).toBeGreaterThan(prewhitened);
    expect(fixed).toBeGreaterThan(0.99);
  });
});
