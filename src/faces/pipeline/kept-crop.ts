import sharp from 'sharp';
import type { Box } from '../image/box.js';
import { regionAround, type RgbImage } from '../image/image.js';

/** Side of the kept crop in longer sides of the face box: room for any embedder's margin and for detecting again. */
const CROP_SCALE = 2;
/** A larger crop is shrunk to this side; the input of FaceNet is 160 px. */
const MAX_SIDE_PX = 800;
const JPEG_QUALITY = 95;

/** The face with its surroundings as JPEG, cut at the edges of the picture. */
export async function cropFace(image: RgbImage, face: Box): Promise<{ crop: Uint8Array; boxInCrop: Box }> {
  const { x: left, y: top, width, height } = regionAround(face, CROP_SCALE, image);
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));

  const crop = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left, top, width, height })
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
