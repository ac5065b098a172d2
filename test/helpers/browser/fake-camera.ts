import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

/** Size of the fake camera's picture. Chromium plays MJPEG files at 30 frames per second. */
export const CAMERA = { width: 640, height: 480 } as const;

/** A photo placed in the camera's picture, pixels. */
export interface Placed {
  readonly photo: Buffer;
  readonly left: number;
  readonly top: number;
  readonly height: number;
}

/** A still picture shown for a number of frames. */
export interface Scene {
  readonly picture: Buffer;
  readonly frames: number;
}

export interface FakeCamera {
  /** Arguments for Chromium. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

/** Puts photos on a grey wall of the camera's size. */
export async function cameraPicture(placed: readonly Placed[]): Promise<Buffer> {
  const layers = await Promise.all(
    placed.map(async ({ photo, left, top, height }) => ({
      input: await sharp(photo).resize({ height }).toBuffer(),
      left,
      top,
    })),
  );
  return sharp({ create: { width: CAMERA.width, height: CAMERA.height, channels: 3, background: '#8a949a' } })
    .composite(layers)
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** JPEG qualities of frames in turn: a camera never sends the same pixels twice. */
const QUALITIES = [92, 88, 84, 80];

async function framesOf({ picture, frames }: Scene): Promise<Buffer[]> {
  const variants = await Promise.all(QUALITIES.map((quality) => sharp(picture).jpeg({ quality }).toBuffer()));
  return Array.from({ length: frames }, (_, i) => variants[i % variants.length]);
}

/** Arguments with which Chromium plays a file in a loop as a camera with permission. */
export function cameraArgs(path: string): string[] {
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${path}`,
  ];
}

/** Writes the scenes to a file, which Chromium plays in a loop as a camera with permission. */
export async function fakeCamera(scenes: readonly Scene[]): Promise<FakeCamera> {
  const folder = await mkdtemp(join(tmpdir(), 'rostro-camera-'));
  const path = join(folder, 'camera.mjpeg');
  await writeFile(path, Buffer.concat((await Promise.all(scenes.map(framesOf))).flat()));
  return {
    args: cameraArgs(path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
