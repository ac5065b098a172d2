import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { heicOf } from '../../../helpers/heif.js';

/** ffmpeg is an independent decoder and encoder here: it shares no code with this project's readers. */
const encoders = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' }).stdout;
const needs = (encoder: string) =>
  (encoders as string | null)?.includes(encoder) ? '' : ` (skipped: needs ffmpeg with ${encoder})`;

const [WIDTH, HEIGHT] = [101, 67];
const source = (size = `${WIDTH}x${HEIGHT}`) => ['-f', 'lavfi', '-i', `testsrc=size=${size}`, '-frames:v', '1'];

function ffmpeg(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-loglevel', 'error', ...args], { input, maxBuffer: 2 ** 28, timeout: 60_000 });
}

/** The pixels as ffmpeg reads them: R G B. */
const asRead = (format: string, bytes: Buffer) =>
  ffmpeg(['-f', format, '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], bytes);

/** Largest and mean difference of two pictures. */
function difference(a: Uint8Array, b: Uint8Array): { readonly most: number; readonly mean: number } {
  expect(a.length).toBe(b.length);
  let [most, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    most = Math.max(most, difference);
    sum += difference;
  }
  return { most, mean: sum / a.length };
}

describe.skipIf(needs(' bmp ') !== '')(`a BMP has the pixels that ffmpeg reads${needs(' bmp ')}`, () => {
  it.each(['bgra', 'bgr24', 'rgb565le', 'rgb555le', 'rgb444le', 'rgb8', 'bgr8', 'pal8', 'gray', 'monob'])(
    '%s',
    async (format) => {
      const bmp = ffmpeg([...source(), '-pix_fmt', format, '-c:v', 'bmp', '-f', 'image2pipe', '-']);
      const image = await decodeImage(bmp, { maxPixels: 1_000_000 });
      expect([image.width, image.height]).toEqual([WIDTH, HEIGHT]);
      // Rounding of 4, 5 and 6 bits to 8 differs by some steps between programs.
      expect(difference(image.data, asRead('bmp_pipe', bmp)).most).toBeLessThanOrEqual(/rgb[45]/.test(format) ? 15 : 0);
    },
  );
});

describe.skipIf(needs('libx265') !== '')(`a HEIC has the pixels that ffmpeg reads${needs('libx265')}`, () => {
  const hevc = (size: string, format: string) =>
    ffmpeg([
      ...source(size),
      '-pix_fmt',
      format,
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=0:info=0',
      '-f',
      'hevc',
      '-',
    ]);

  it.each(['yuv420p', 'yuv420p10le'])('%s', async (format) => {
    const stream = hevc('160x96', format);
    const image = await decodeImage(heicOf({ width: 160, height: 96, stream }), { maxPixels: 1_000_000 });
    // Both convert to RGB in their own way, and raise the resolution of the colours differently.
    expect(difference(image.data, asRead('hevc', stream)).mean).toBeLessThan(6);
  });

  it('whose picture is far larger than its header says fails without its memory', async () => {
    const stream = hevc('4000x3000', 'yuv420p');
    const bytes = heicOf({ width: 4000, height: 3000, stream }, { claims: { width: 64, height: 64 } });
    const before = process.memoryUsage().rss;
    await expect(decodeImage(bytes, { maxPixels: 50_000_000 })).rejects.toMatchObject({ code: 'damaged_image' });
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(150);
  });
});
