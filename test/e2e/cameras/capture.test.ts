import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../../src/cameras/capture.js';
import { parseSource } from '../../../src/cameras/source.js';

const OPTIONS = { fps: 10, maxSidePx: 1280, rotate: 0, transport: 'auto', pace: 'camera', loop: false } as const;

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'rostro-capture-'))));
afterAll(() => rm(folder, { recursive: true }));

function endOf(ffmpeg: string, file = 'a.mp4') {
  const parts = { ffmpeg, source: parseSource(file), options: OPTIONS, silenceMs: 1000, onFrame: () => undefined };
  return capture(parts, new AbortController().signal);
}

describe('a program that does not start', () => {
  it('is a reason for no pictures, whatever the system says', async () => {
    const missing = await endOf(join(folder, 'none'));
    expect([missing.frames, missing.reason?.code]).toEqual([0, 'no_ffmpeg']);
    const reasons = [await endOf(folder), await endOf('true', 'a'.repeat(200_000))].map(({ reason }) => reason);
    expect(reasons).toEqual([
      { code: 'other', message: 'ffmpeg could not be started (EACCES).' },
      { code: 'other', message: 'ffmpeg could not be started (E2BIG).' },
    ]);
  });

  it('is one also where no more files can be open', async () => {
    const child = join(folder, 'spawn-child.mjs');
    const entry = fileURLToPath(new URL('./spawn-child.ts', import.meta.url));
    await build({ entryPoints: [entry], outfile: child, bundle: true, platform: 'node', format: 'esm' });
    const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, child, 'true'];
    const { stdout } = await promisify(execFile)('sh', limited);
    expect(JSON.parse(stdout)).toEqual({
      reason: { code: 'other', message: 'ffmpeg could not be started (EMFILE).' },
      frames: 0,
    });
  });
});
