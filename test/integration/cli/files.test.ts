import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, rostro as rostroIn, spawnRostro } from '../../helpers/rostro.js';
import { samplePhoto } from '../../helpers/shared.js';

let folder: string;

const rostro = (...args: string[]) => rostroIn(folder, ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-cli-'));
  const portrait = sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 });
  await portrait.clone().jpeg().toFile(join(folder, 'Ada Lovelace.jpg'));
  await portrait.clone().resize(300).webp().toFile(join(folder, 'frame.webp'));
  await sharp({ create: { width: 200, height: 100, channels: 3, background: '#69c' } })
    .png()
    .toFile(join(folder, 'sky.png'));
  await writeFile(join(folder, 'note.jpg'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('commands over files', () => {
  it('enrol and recognize, one JSON object a line with --json', async () => {
    const enrolled = await rostro('enrol', 'Ada Lovelace.jpg', '--json');
    expect(enrolled).toMatchObject({ code: 0, err: '' });
    expect(jsonLines(enrolled.out)).toMatchObject([{ file: 'Ada Lovelace.jpg', name: 'Ada Lovelace' }]);

    const named = await rostro('recognize', 'frame.webp', 'sky.png', '--json');
    expect(named.code).toBe(0);
    expect(jsonLines(named.out)).toMatchObject([
      { file: 'frame.webp', faces: [{ name: 'Ada Lovelace' }], model: { matcher: 'nearest' } },
      { file: 'sky.png', faces: [] },
    ]);
  });

  it('enrol asks for a name that the file does not have, and for "import" where it gets a folder', async () => {
    const photo = join(folder, 'IMG_2031.jpg');
    await copyFile(join(folder, 'Ada Lovelace.jpg'), photo);
    await mkdir(join(folder, 'staff'));
    const { code, out } = await rostro('enrol', photo, join(folder, 'staff'), '--json');
    expect(code).toBe(1);
    const errors = jsonLines<{ error: { code: string; message: string } }>(out).map(({ error }) => error);
    expect(errors.map((error) => error.code)).toEqual(['unclear_name', 'no_file']);
    expect(errors[0].message).toMatch(/^"IMG_2031" looks like the name that a camera/);
    expect(errors[1].message).toMatch(/it is a folder; "rostro import" enrols/);
    const named = await rostro('enrol', photo, '--name', 'Ada Lovelace', '--json');
    expect(jsonLines(named.out)).toMatchObject([{ name: 'Ada Lovelace' }]);
  });

  it('prints a table for people, with the reason where a file did not work, and exits with 1', async () => {
    const { code, out } = await rostro('detect', 'frame.webp', 'sky.png', 'note.jpg', 'missing.jpg');
    expect(code).toBe(1);
    const lines = out.trim().split('\n');
    expect(lines[0]).toMatch(/^file +box +confidence$/);
    expect(lines[1]).toMatch(/^frame\.webp +\d+,\d+ \d+×\d+ +0\.\d{3}|1\.000$/);
    expect(lines[2]).toMatch(/^sky\.png +no face found/);
    expect(lines[3]).toMatch(/^note\.jpg +The file is not a picture\./);
    expect(lines[4]).toMatch(/^missing\.jpg +Cannot read missing\.jpg: it does not exist\./);
  });

  it('detect guesses attributes where they are asked for', async () => {
    const { code, out } = await rostro('detect', 'frame.webp', '--attributes', 'age,gender,expression');
    expect(code).toBe(0);
    const [head, row] = out.trim().split('\n');
    expect(head).toMatch(/^file +box +confidence +attributes$/);
    expect(row).toMatch(/ \d+ years, (fe)?male [01]\.\d\d, [a-z]+ [01]\.\d\d$/);
    const wrong = await rostro('detect', 'frame.webp', '--attributes', 'mask');
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('"mask" is none of age, gender, expression, pose');
  });

  it('takes a very long command line', async () => {
    const missing = Array.from({ length: 300 }, (_, i) => `${'a folder with a long name/'.repeat(3)}${i}.jpg`);
    const { code, out } = await spawnRostro({}, folder, 'detect', 'frame.webp', ...missing, '--json');
    expect(code).toBe(1);
    const lines = jsonLines(out);
    expect(lines).toHaveLength(301);
    expect(lines[0].faces).toHaveLength(1);
    expect(lines[300].error).toMatchObject({ code: 'no_file' });
  });

  it('embed prints the whole vector with --json', async () => {
    const { out } = await rostro('embed', 'frame.webp', '--json');
    const [line] = jsonLines<{ faces: { embedding: number[] }[] }>(out);
    expect(line.faces[0].embedding).toHaveLength(128);
  });
});

describe('a start that cannot be', () => {
  it.each([
    [['--detector', 'haar'], 'DETECTOR=haar needs haarcascade_frontalface_default.xml in', 'model_missing'],
    [['--detector', 'yunet'], '"rostro models pull yunet" fetches it', 'model_missing'],
    [['--embedder', 'sface'], '"rostro models pull sface" fetches it', 'model_missing'],
    [['--embedder', 'w600k-mbf'], '"rostro models pull w600k-mbf --accept-licence" fetches it', 'model_missing'],
    [['--embedder', 'arcface'], 'EMBEDDER=arcface is not known', 'model_missing'],
    [['--embedder', 'facenet'], 'EMBEDDER=facenet needs model/<version>/<version>.pb in', 'model_missing'],
    [['--threshold', '7'], 'THRESHOLD=7 is not usable', 'bad_config'],
    [['--margin', 'wide'], 'MARGIN=wide is not usable: give a share', 'bad_config'],
  ])('%j says one sentence and exits with 1', async (args, sentence, code) => {
    const { code: exit, err, out } = await rostro('detect', 'sky.png', ...args);
    expect([exit, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
    expect(err).toContain(`(${code})`);
  });

  it('names a model file that is truncated or foreign', async () => {
    const graph = join(folder, 'model', '20180402-114759', '20180402-114759.pb');
    await mkdir(join(graph, '..'), { recursive: true });
    await copyFile(samplePhoto(1), graph);
    const foreign = await rostro('detect', 'sky.png');
    await truncate(graph, 0);
    const empty = await rostro('detect', 'sky.png');
    await rm(join(folder, 'model'), { recursive: true });

    await mkdir(join(folder, 'npy'));
    for (const name of ['det1', 'det2', 'det3']) await writeFile(join(folder, 'npy', `${name}.npy`), '\x93NUMPY');
    const npy = await rostro('detect', 'sky.png');
    await rm(join(folder, 'npy'), { recursive: true });

    for (const { code, err } of [foreign, empty]) {
      expect(code).toBe(1);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(err).toContain('20180402-114759.pb');
    }
    expect(npy.err).toContain('det1.npy');
    expect(npy.err.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a gallery of another embedder, and reembed mends it', async () => {
    const ask = () => rostro('recognize', 'frame.webp', '--json');
    const { readFile } = await import('node:fs/promises');
    const record = join(folder, 'embeddings', 'Ada Lovelace.json');
    const text = await readFile(record, 'utf8');
    await writeFile(record, text.replace(/"contract":\s*"[^"]+"/, '"contract":"another-embedder"'));
    const refused = await ask();
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('another-embedder');
    expect(refused.err).toContain('rostro reembed');

    const mended = await rostro('reembed');
    expect(mended.out).toContain('1 people now have embeddings of face-api');
    expect(jsonLines((await ask()).out)).toMatchObject([{ faces: [{ name: 'Ada Lovelace' }] }]);
  });
});
