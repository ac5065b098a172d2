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
