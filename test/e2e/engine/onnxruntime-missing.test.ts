import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutPhotos } from '../../helpers/browser/photos.js';
import { spawnRostro } from '../../helpers/rostro.js';

/** Refuses the library of ONNX Runtime with the message of musl, in every process. */
const PRELOAD = `
const { dlopen } = process;
process.dlopen = (module, file, ...flags) => {
  if (!file.includes('onnxruntime')) return dlopen.call(process, module, file, ...flags);
  const message = 'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ' + file + ')';
  throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });
};
`;

let folder: string;
let settings: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-musl-'));
  await writeFile(join(folder, 'preload.cjs'), PRELOAD);
  await writeFile(join(folder, 'ada.jpg'), (await cutPhotos()).portrait);
  settings = { NODE_OPTIONS: `--require ${join(folder, 'preload.cjs')}`, DETECTOR: 'ssd', EMBEDDER: 'face-api' };
});
afterAll(() => rm(folder, { recursive: true }));

describe('a system where the library of ONNX Runtime does not load', () => {
  it('is told about glibc in one sentence', async () => {
    const { code, err } = await spawnRostro(settings, folder, 'enrol', 'ada.jpg');
    expect(code).toBe(1);
    expect(err).toMatch(/^rostro: ONNX Runtime needs glibc, .*ENGINE=tfjs.* \(bad_config\)\n$/);
  });

  it('works with TensorFlow.js on WebAssembly', async () => {
    const { code, out, err } = await spawnRostro({ ...settings, ENGINE: 'tfjs' }, folder, 'enrol', 'ada.jpg');
    expect([code, err, out]).toEqual([0, expect.any(String), expect.stringContaining('ada')]);
  });
});
