import sharp, { type Region } from 'sharp';
import { samplePhoto } from '../shared.js';

/** JPEG crops of face-api's sample photos, named after their content. */
export interface Photos {
  readonly portrait: Buffer;
  /** The person of `portrait` in another crop, smaller and coarser. */
  readonly samePerson: Buffer;
  readonly otherPerson: Buffer;
  /** `portrait` on the left, `otherPerson` smaller on the right. */
  readonly group: Buffer;
  readonly landscape: Buffer;
}

export async function cutPhotos(): Promise<Photos> {
  const portrait = await cut(3, { left: 1020, top: 80, width: 400, height: 460 });
  const otherPerson = await cut(6, { left: 200, top: 320, width: 420, height: 500 });
  const samePerson = await sharp(await cut(3, { left: 1000, top: 60, width: 420, height: 520 }))
    .resize({ width: 500 })
    .jpeg({ quality: 80 })
    .toBuffer();
  const landscape = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#69c' } })
    .jpeg()
    .toBuffer();
  return { portrait, samePerson, otherPerson, group: await sideBySide(portrait, otherPerson), landscape };
}

async function sideBySide(left: Buffer, right: Buffer): Promise<Buffer> {
  const [large, small] = await Promise.all([
    sharp(left).resize({ height: 500 }).toBuffer({ resolveWithObject: true }),
    sharp(right).resize({ height: 400 }).toBuffer({ resolveWithObject: true }),
  ]);
  return sharp(large.data)
    .extend({ right: small.info.width, background: '#ddd' })
    .composite([{ input: small.data, left: large.info.width, top: 50 }])
    .jpeg()
    .toBuffer();
}

function cut(sample: 3 | 6, region: Region): Promise<Buffer> {
  return sharp(samplePhoto(sample)).extract(region).jpeg({ quality: 95 }).toBuffer();
}
