import sharp from 'sharp';
import { sharedPath } from '../test/helpers/shared.js';
import { reportGrowth } from './support/harness.js';
import { timeStages } from './support/stages.js';

/**
 * Time of a frame by its size: the same image of one face, which has a fifth of its width, at 0.3 to 8 megapixels, from
 * JPEG to embedding (MTCNN from 40 px, FaceNet).
 *
 *   npx tsx bench/growth-pixels.ts
 */
const WIDTHS = [640, 1152, 1632, 2304, 3264];
const ROUNDS = { rounds: 15, warmUp: 2 };

const heightOf = (width: number) => (width * 3) / 4;
const megapixels = (width: number) => (width * heightOf(width)) / 1e6;

const portrait = sharedPath('images', 'portraits', 'kate_siegel.jpg');

const frames = await Promise.all(
  WIDTHS.map(async (width) => ({
    name: `${width}×${heightOf(width)}`,
    jpeg: await sharp(portrait)
      .resize(width, heightOf(width), { fit: 'cover', position: 'top' })
      .jpeg({ quality: 85 })
      .toBuffer(),
    faces: 1,
  })),
);
const times = await timeStages(frames, ROUNDS);
reportGrowth(
  'growth-pixels',
  times.map((stages, i) => ({ megapixels: megapixels(WIDTHS[i]), ...stages })),
);
