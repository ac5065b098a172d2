import { sharp } from '../image/sharp.js';
import type { Box } from '../image/box.js';
import { encodeJpeg } from '../image/decode.js';
import { cropAround, cutOut, regionAround, type RgbImage } from '../image/image.js';
import type { LiveFace } from './pipeline.js';

/** Side of the kept crop in longer sides of the face box: room for any embedder's margin and for detecting again. */
const CROP_SCALE = 2;
/** A larger crop is shrunk to this side; the input of FaceNet is 160 px. */
const MAX_SIDE_PX = 800;
/** Full colour resolution. Huffman tables of its own make the file 5 % smaller; mozjpeg's searches are off. */
export const CROP_JPEG = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/** The face with its surroundings as JPEG, cut at the edges of the picture. */
export async function cropFace(image: RgbImage, face: Box): Promise<{ crop: Uint8Array; boxInCrop: Box }> {
  const region = regionAround(face, CROP_SCALE, image);
  const { x: left, y: top, width, height } = region;
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));
  const { data } = cutOut(image, region);
  const whole = sharp(data, { raw: { width, height, channels: 3 } });
  const shrunk =
    scale === 1 ? whole : whole.resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' });
  const crop = await shrunk.jpeg(CROP_JPEG).toBuffer();
  const boxInCrop = {
    x: (face.x - left) * scale,
    y: (face.y - top) * scale,
    width: face.width * scale,
    height: face.height * scale,
  };
  return { crop, boxInCrop };
}

/** Side of the crop of a live face divided by the longer side of the face; as of the cameras of the server. */
const LIVE_CROP_SCALE = 1.6;
/** Side of such a crop, at most. */
const LIVE_CROP_PX = 240;

/** The faces of a frame, those that were embedded with a small JPEG. */
export function withCrops(faces: readonly LiveFace[], image: RgbImage): Promise<LiveFace[]> {
  return Promise.all(
    faces.map(async (face) => {
      if (face.embedding === null) return face;
      return { ...face, crop: await encodeJpeg(cropAround(image, face.box, LIVE_CROP_SCALE), LIVE_CROP_PX) };
    }),
  );
}
