import sharp, { type Region } from 'sharp';
import { samplePhoto } from './shared.js';

/** One person, cropped from a sample photo; all sample photos show groups. */
function cut(sample: 3 | 6, region: Region): Promise<Buffer> {
  return sharp(samplePhoto(sample)).extract(region).jpeg({ quality: 95 }).toBuffer();
}

export const onePerson = (): Promise<Buffer> => cut(3, { left: 1020, top: 80, width: 400, height: 460 });
/** The same person in a wider, smaller crop. */
export const onePersonAgain = async (): Promise<Buffer> =>
  sharp(await cut(3, { left: 1000, top: 60, width: 420, height: 520 }))
    .resize({ width: 500 })
    .jpeg({ quality: 80 })
    .toBuffer();
export const anotherPerson = (): Promise<Buffer> => cut(6, { left: 200, top: 320, width: 420, height: 500 });

let files = 0;

/** The same picture as another file, with a comment: it is not recognised as a photo that is enrolled already. */
export function anotherFile(jpeg: Buffer): Buffer {
  const comment = Buffer.from(`??\0?${files++}`);
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(comment.length - 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}
