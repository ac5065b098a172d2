import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';

const run = promisify(execFile);
const PICTURE = { width: 640, height: 480 };
const FACE_PX = 280;

export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;
/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsFfmpeg = hasFfmpeg ? '' : ' (skipped: ffmpeg is not installed)';

/** The people in the picture and the duration; photos are paths or bytes. */
export interface VideoScene {
  readonly photos: readonly (string | Buffer)[];
  readonly seconds: number;
}

/**
 * A video of people who come and go, 640×480 at 15 frames a second, with the noise of a camera: two photos at most stand side by side on grey.
 * @param path of the video to write
 */
export async function makeVideo(path: string, scenes: readonly VideoScene[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rostro-video-'));
  try {
    const inputs: string[] = [];
    for (const [i, { photos, seconds }] of scenes.entries()) {
      const file = join(folder, `${i}.png`);
      await writeFile(file, await stillOf(photos));
      inputs.push('-loop', '1', '-framerate', '15', '-t', String(seconds), '-i', file);
    }
    const joined = `concat=n=${scenes.length}:v=1:a=0,noise=alls=6:allf=t,format=yuv420p`;
    const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-bf', '0'];
    await run('ffmpeg', ['-v', 'error', '-y', ...inputs, '-filter_complex', joined, ...codec, path]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function stillOf(photos: VideoScene['photos']): Promise<Buffer> {
  const faces = await Promise.all(
    photos.map((photo) => sharp(photo).rotate().resize(FACE_PX, FACE_PX, { fit: 'cover' }).png().toBuffer()),
  );
  const step = PICTURE.width / faces.length;
  const placed = faces.map((input, i) => ({ input, left: Math.round(step * (i + 0.5) - FACE_PX / 2), top: 100 }));
  return sharp({ create: { ...PICTURE, channels: 3, background: '#888' } })
    .composite(placed)
    .png()
    .toBuffer();
}
