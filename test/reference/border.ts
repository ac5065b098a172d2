import type { Point } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import type { ReferenceFace } from './mtcnn.js';
import { triangleMeans } from './resample.js';

type Detect = (image: RgbImage) => Promise<ReferenceFace[]>;

/**
 * Looks, and if there is no face or a single one that takes more than 0.6 of the shorter side, looks again at a copy of
 * at most 200 pixels in a grey border of 0.2 of its longer side. Of that look only faces over a quarter of the shorter
 * side count, and it wins if its best face is surer.
 */
export async function detectTwice(detect: Detect, image: RgbImage): Promise<ReferenceFace[]> {
  const shorterSide = Math.min(image.width, image.height);
  const shareOf = ({ box }: ReferenceFace) => Math.min(box.width, box.height) / shorterSide;
  const faces = await detect(image);
  if (faces.length > 1 || (faces.length === 1 && shareOf(faces[0]) <= 0.6)) return faces;

  const small = copyWithin(200, image);
  const border = Math.ceil(0.2 * Math.max(small.width, small.height));
  const scale = image.width / small.width;
  const back = ({ x, y }: Point): Point => ({ x: (x - border) * scale, y: (y - border) * scale });
  const again = (await detect(framed(small, border)))
    .map(({ box, confidence, landmarks }) => ({
      box: { ...back(box), width: box.width * scale, height: box.height * scale },
      confidence,
      landmarks: landmarks.map(back),
    }))
    .filter((face) => shareOf(face) > 0.25);
  return again.length > 0 && (faces.length === 0 || again[0].confidence > faces[0].confidence) ? again : faces;
}

function copyWithin(px: number, image: RgbImage): RgbImage {
  const scale = px / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const width = Math.round(image.width * scale);
  const height = Math.round(image.height * scale);
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  const pixels = triangleMeans(image, whole, { width, height });
  return { width, height, data: Uint8Array.from(pixels, (value) => Math.floor(value + 0.5)) };
}

function framed({ width, height, data }: RgbImage, border: number): RgbImage {
  const outer = { width: width + 2 * border, height: height + 2 * border };
  const framedData = new Uint8Array(3 * outer.width * outer.height).fill(128);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        framedData[3 * ((y + border) * outer.width + x + border) + c] = data[3 * (y * width + x) + c];
      }
    }
  }
  return { ...outer, data: framedData };
}
