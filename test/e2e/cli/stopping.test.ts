import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { galleryState } from '../../helpers/gallery-state.js';
import { enrolledFrom, writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rostro, startRostro } from '../../helpers/rostro.js';

/** Enough that an import is under way for a while after its first photo. */
const PHOTOS_EACH = 12;

let dir: string;
let photos: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rostro-stopping-'));
  photos = join(dir, 'photos');
  await writePeopleFolders(photos);
  await writeSky(join(photos, 'Bo', 'sky.jpg'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('rostro align, stopped by ^C', () => {
  it('writes down what it has done', async () => {
    const child = startRostro(dir, 'align', 'photos', 'stopped', '--image-size', '64');
    const manifest = join(dir, 'stopped', 'manifest.jsonl');
    while (!existsSync(manifest) && child.exitCode === null) await setTimeout(5);
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(130);
    const records = (await readFile(manifest, 'utf8')).trim().split('\n').length - 1;
    expect(records).toBeLessThan(7);
    const rest = await rostro(dir, 'align', 'photos', 'stopped', '--image-size', '64', '--json');
    expect(JSON.parse(rest.out)).toMatchObject({ done: 7, earlier: records, crops: 6 });
  });
});

describe('an import that is stopped', () => {
  let many: string;
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(dir, 'data-'));
  });
  beforeAll(async () => {
    many = join(dir, 'many');
    for (const name of ['Ada', 'Bo', 'Cy']) {
      await mkdir(join(many, name), { recursive: true });
      for (let i = 0; i < PHOTOS_EACH; i++) {
        const photo = sharp(join(photos, name, `${name}_0001.jpg`)).modulate({ brightness: 0.8 + i / 50 });
        await photo.jpeg().toFile(join(many, name, `${i}.jpg`));
      }
    }
  });

  const hasRows = async () =>
    (await readdir(join(dataDir, 'embeddings')).catch(() => [])).some((file) => file.endsWith('.npy'));
  const started = async () => {
    const child = startRostro(dataDir, 'import', many);
    while (!(await hasRows()) && child.exitCode === null) await setTimeout(10);
    expect(child.exitCode).toBe(null);
    return child;
  };

  it('by a kill goes on where it was: the same end', async () => {
    const child = await started();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { code, out } = await rostro(dataDir, 'import', many);
    expect(code).toBe(0);
    expect(out).toMatch(/^(\d+) enrolled, (\d+) there already, 0 not enrolled\.\n$/);
    const [, enrolled, there] = /^(\d+) enrolled, (\d+) there/.exec(out)!.map(Number);
    expect(enrolled + there).toBe(3 * PHOTOS_EACH);
    expect(Math.min(enrolled, there)).toBeGreaterThan(0);
    expect(await galleryState(dataDir)).toEqual(await enrolledFrom(many));
    expect((await rostro(dataDir, 'doctor', '--quick')).code).toBe(0);
  });

  it('by ^C enrols what it has begun and says that it goes on', async () => {
    const child = await started();
    let out = '';
    child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    expect(out).toContain('Stopped; the same command goes on from here.');
    const enrolled = Number(/^(\d+) enrolled/.exec(out)![1]);
    const there = (await galleryState(dataDir)).reduce((sum, person) => sum + person.photos.length, 0);
    expect(there).toBe(enrolled);
    expect((await rostro(dataDir, 'import', many)).code).toBe(0);
    expect(await galleryState(dataDir)).toEqual(await enrolledFrom(many));
  });
});
