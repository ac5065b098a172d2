import sharp, { type Sharp } from 'sharp';

/** The frames of a camera and the duration of one. */
export const FRAMES_PER_SECOND = 15;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A camera that pans and zooms over a still picture, with its own noise in every frame: 640×480 JPEGs. Faces move by up to
 * a tenth of their size from frame to frame and stay in the picture.
 * @param path a photo
 * @param count number of frames
 */
export async function cameraFrames(path: string, count: number): Promise<Buffer[]> {
  const still = sharp(await sharp(path).rotate().resize(800, 600, { fit: 'cover' }).toBuffer());
  return Promise.all(Array.from({ length: count }, (_, i) => frameOf(still.clone(), i)));
}

async function frameOf(still: Sharp, i: number): Promise<Buffer> {
  const { left, top, width, height } = viewOf(i / FRAMES_PER_SECOND);
  const { data, info } = await still
    .extract({ left, top, width, height })
    .resize(640, 480)
    .raw()
    .toBuffer({ resolveWithObject: true });
  addNoise(data, i);
  const raw = { width: info.width, height: info.height, channels: info.channels };
  return sharp(data, { raw }).jpeg({ quality: 85 }).toBuffer();
}

/** @param seconds since the start; pans once in 6 s and zooms once in 10 s */
function viewOf(seconds: number): Size & { left: number; top: number } {
  const zoom = 0.92 + 0.06 * Math.sin((2 * Math.PI * seconds) / 10);
  const [width, height] = [Math.round(800 * zoom), Math.round(600 * zoom)];
  const swing = (period: number) => 0.5 + 0.5 * Math.sin((2 * Math.PI * seconds) / period);
  return { width, height, left: Math.round((800 - width) * swing(6)), top: Math.round((600 - height) * swing(4)) };
}

/** Grey levels up to ±4, another in every pixel and frame, always the same in each run (a linear congruential generator). */
function addNoise(data: Buffer, seed: number): void {
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = Math.min(255, Math.max(0, data[i] + ((state >>> 24) % 9) - 4));
  }
}
