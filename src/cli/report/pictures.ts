import sharp from 'sharp';
import type { ComparedPhoto } from '../../evaluation/validation-pairs.js';

const SIDE_PX = 140;
/** Side of what is shown in longer sides of the face box. */
const SURROUNDINGS = 1.8;
const JPEG_QUALITY = 80;

/** The face with its surroundings as a `data:` URL. */
export async function faceDataUrl({ path, box }: ComparedPhoto): Promise<string> {
  const upright = await sharp(path).rotate().toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const side = Math.max(box.width, box.height) * SURROUNDINGS;
  const left = clamp(Math.round(box.x + box.width / 2 - side / 2), width - 1);
  const top = clamp(Math.round(box.y + box.height / 2 - side / 2), height - 1);
  const right = Math.max(left + 1, clamp(Math.round(box.x + box.width / 2 + side / 2), width));
  const bottom = Math.max(top + 1, clamp(Math.round(box.y + box.height / 2 + side / 2), height));
  const jpeg = await sharp(upright.data)
    .extract({ left, top, width: right - left, height: bottom - top })
    .resize(SIDE_PX, SIDE_PX, { fit: 'cover' })
    .flatten({ background: 'white' })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
