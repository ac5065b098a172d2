import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import { observationOf, type ObservedFace } from '../../../../src/challenges/observation.js';
import type { FacePipeline } from '../../../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../../../src/faces/pipeline/load.js';
import { type FacePhoto, pictureOf } from '../../../helpers/head-picture.js';
import { RESTING, type HeadState } from '../../../helpers/head.js';
import { euclidean, readPhoto } from '../../../helpers/photo.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

let pipeline: FacePipeline;
beforeAll(async () => {
  const config = readConfig({ ROSTRO_DATA: join(tmpdir(), 'rostro-no-data'), DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  pipeline = await loadPipeline({ ...pipelineSpec(config), cacheDir: sharedCacheDir, threads: 2 });
});

it('measures at most two faces, the largest first, and embeds them as recognition does', async () => {
  const bytes = await readFile(samplePhoto(4));
  const { image, faces } = await pipeline.observe({ bytes });
  const analysed = (await pipeline.analyse({ bytes })).faces;
  expect(faces.length).toBe(Math.min(analysed.length, 2));
  for (const face of faces) {
    expect(face.landmarks).toHaveLength(68);
    expect(face.box.width).toBeLessThan(image.width);
    expect(face.brightness).toBeGreaterThan(0.1);
    const nearest = Math.min(...analysed.map(({ embedding }) => euclidean(embedding, face.embedding)));
    expect(nearest).toBeLessThan(1e-3);
  }
});

describe.skipIf(!hasShared)(`the measures of a generated head${needsShared}`, () => {
  let photo: FacePhoto;
  let rest: ObservedFace;
  const observe = async (state: Partial<HeadState>) => {
    const { width, height, data } = pictureOf(photo, { ...RESTING, ...state });
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    return observationOf(await pipeline.observe({ bytes }), 0).faces[0];
  };
  beforeAll(async () => {
    const path = sharedPath('images', 'Anthony_Hopkins_0001.jpg');
    const [face] = (await pipeline.observe({ bytes: await readFile(path) })).faces;
    photo = { image: await readPhoto(path), points: face.landmarks };
    rest = await observe({});
  });

  it.each([-25, -15, 15, 25])('sees it turned by %i degrees', async (yaw) => {
    const seen = (await observe({ yaw })).pose!.yaw - rest.pose!.yaw;
    expect(Math.abs(seen - yaw)).toBeLessThan(10);
  });

  it('sees it look up, close its eyes, smile and come closer', async () => {
    expect((await observe({ pitch: 22 })).pose!.pitch - rest.pose!.pitch).toBeGreaterThan(14);
    expect((await observe({ eyesClosed: 1 })).eyesOpen / rest.eyesOpen).toBeLessThan(0.85);
    expect((await observe({ smile: 1 })).smile - rest.smile).toBeGreaterThan(0.18);
    expect((await observe({ scale: 1.45 })).box.width / rest.box.width).toBeGreaterThan(1.3);
  });
});
