import sharp from 'sharp';
import type { Box } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** Side of the kept crop in longer sides of the face box: room for any embedder's margin and for detecting again. */
const SURROUNDINGS = 2;
/** A larger crop is shrunk to this side; FaceNet looks at 160 px. */
const MAX_SIDE_PX = 800;
const JPEG_QUALITY = 95;

/** The face with its surroundings as JPEG, cut at the edges of the picture. */
export async function cropPortrait(image: RgbImage, face: Box): Promise<{ crop: Uint8Array; boxInCrop: Box }> {
  const side = Math.max(face.width, face.height) * SURROUNDINGS;
  const left = Math.max(0, Math.floor(face.x + face.width / 2 - side / 2));
  const top = Math.max(0, Math.floor(face.y + face.height / 2 - side / 2));
  const right = Math.min(image.width, Math.ceil(face.x + face.width / 2 + side / 2));
  const bottom = Math.min(image.height, Math.ceil(face.y + face.height / 2 + side / 2));
  const width = Math.max(1, right - left);
  const height = Math.max(1, bottom - top);
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));

  const crop = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left: Math.min(left, image.width - 1), top: Math.min(top, image.height - 1), width, height })
    .resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' })
    .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const boxInCrop = {
    x: (face.x - left) * scale,
    y: (face.y - top) * scale,
    width: face.width * scale,
    height: face.height * scale,
  };
  return { crop, boxInCrop };
}
