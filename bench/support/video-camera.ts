import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Region } from 'sharp';
import { cameraArgs } from '../../test/helpers/browser/fake-camera.js';

export interface VideoCamera {
  /** Arguments for Chromium. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

export interface VideoOptions {
  /** Part of the photo, in its pixels. */
  readonly region: Region;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frames: number;
}

/** Largest view of the photo; the camera pans and zooms within the rest. */
const VIEW_SHARE = 0.92;
const ZOOM_SHARE = 0.06;

/**
 * A camera that pans and zooms over a photo in a loop without a jump: uncompressed video, which Chromium plays at its own
 * rate (MJPEG is always played at 30 frames per second) and without the time of a decoder.
 */
export async function videoCamera(photo: string, options: VideoOptions): Promise<VideoCamera> {
  const { region, width, height, framesPerSecond, frames } = options;
  const folder = await mkdtemp(join(tmpdir(), 'rostro-camera-'));
  const path = join(folder, 'camera.y4m');
  const still = await sharp(photo).extract(region).resize(width, height, { fit: 'cover' }).toBuffer();
  const file = await open(path, 'w');
  await file.write(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420\n`);
  for (let i = 0; i < frames; i++) {
    const rgb = await sharp(still)
      .extract(viewOf(i / frames, options))
      .resize(width, height)
      .raw()
      .toBuffer();
    await file.write('FRAME\n');
    await file.write(toYuv420(rgb, width, height, i));
  }
  await file.close();
  return {
    args: cameraArgs(path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** @param turn 0..1, share of the loop */
function viewOf(turn: number, { width, height }: VideoOptions) {
  const swing = (times: number) => Math.sin(2 * Math.PI * times * turn);
  const zoom = VIEW_SHARE + ZOOM_SHARE * swing(1);
  const [w, h] = [Math.round(width * zoom), Math.round(height * zoom)];
  const within = (room: number, times: number) => Math.round(room * (0.5 + 0.5 * swing(times)));
  return { left: within(width - w, 1), top: within(height - h, 2), width: w, height: h };
}

/** BT.601 with limited range, with noise of up to ±3 levels in the luma, another in each frame. */
function toYuv420(rgb: Uint8Array, width: number, height: number, seed: number): Uint8Array {
  const size = width * height;
  const yuv = new Uint8Array((size * 3) / 2);
  let state = seed * 2654435761 + 1;
  for (let i = 0, at = 0; i < size; i++, at += 3) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const luma = 16 + 0.257 * rgb[at] + 0.504 * rgb[at + 1] + 0.098 * rgb[at + 2];
    yuv[i] = Math.max(16, Math.min(235, luma + ((state >>> 24) % 7) - 3));
  }
  for (let y = 0, to = size; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, to++) {
      const at = 3 * (y * width + x);
      const [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]];
      yuv[to] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
      yuv[to + size / 4] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
    }
  }
  return yuv;
}
