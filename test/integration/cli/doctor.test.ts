import { chmod, copyFile, mkdtemp, stat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../../src/cli/doctor.js';
import { nodeDisk } from '../../../src/gallery/files/disk.js';
import { readGalleryFolder } from '../../../src/gallery/files/read-folder.js';
import { readKeys } from '../../../src/gallery/sealing/key-file.js';
import { sealedDisk, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { jsonLines, rostroWith } from '../../helpers/rostro.js';
import { samplePhoto } from '../../helpers/shared.js';

let folder: string;
let settings: NodeJS.ProcessEnv;
const rostro = (...args: string[]) => rostroWith(settings, folder, ...args);
const found = (out: string) => JSON.parse(out) as DoctorReport;
const embeddings = (name: string) => join(folder, 'embeddings', name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-doctor-'));
  settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: folder, QUALITY_GATE: 'warn' };
  const photo = sharp(await sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 }).toBuffer());
  await photo.clone().toFile(join(folder, 'Ada.jpg'));
  await photo.clone().resize({ width: 60 }).toFile(join(folder, 'tiny.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function enrol(file: string, name: string): Promise<void> {
  const { code, out, err } = await rostro('enrol', join(folder, file), '--name', name);
  expect([code, code === 0 ? '' : out + err]).toEqual([0, '']);
}

/** The file with the rows of a person, whose name is random in an encrypted gallery. */
async function rowsOf(name: string): Promise<string> {
  const keys = await readKeys([settings.ENCRYPTION_KEY_FILE ?? ''].filter(Boolean));
  const { people } = await readGalleryFolder(sealedDisk(nodeDisk, folder, vaultOf(keys)), folder);
  return embeddings(`${people.find((person) => person.name === name)!.stem}.npy`);
}

/** Plain first, encrypted afterwards: the same commands on the same folder. */
describe.each(['plain', 'encrypted'])('rostro doctor on a gallery that is %s', (kind) => {
  it('finds the same photo under two names, and a tiny one', async () => {
    if (kind === 'plain') {
      await enrol('Ada.jpg', 'Ada');
      await enrol('Ada.jpg', 'Augusta');
      await enrol('tiny.jpg', 'Ada');
    } else {
      const key = join(folder, 'key');
      expect((await rostro('encryption', 'new-key', key)).code).toBe(0);
      settings = { ...settings, ENCRYPTION_KEY_FILE: key };
      const on = await rostro('encryption', 'on');
      expect([on.code, on.out]).toEqual([0, expect.stringContaining('The gallery is encrypted with the key')]);
    }
    const { code, out } = await rostro('doctor', '--json');
    expect(code).toBe(0);
    const { comparison, poor, files } = found(out);
    expect(files).toMatchObject({ people: 2, examples: 3, setAside: [], strangers: [] });
    expect(comparison!.duplicates.map(({ a, b }) => [a.name, b.name])).toEqual([['Ada', 'Augusta']]);
    expect(comparison!.nearPeople).toHaveLength(1);
    expect(poor.flatMap(({ warnings }) => warnings.map((warning) => warning.code))).toContain('face_too_small');
    const text = (await rostro('doctor')).out;
    expect(text).toMatch(/^same photo +Ada\/[0-9a-f]{16} and Augusta\/[0-9a-f]{16}$/m);
    expect((await rostro('doctor', '--quick')).out).toMatch(/^examples +not compared$/m);
  });

  it('tells of names that have lost characters', async () => {
    if (kind === 'encrypted') return;
    const sidecar = JSON.parse(await readFile(embeddings('Augusta.json'), 'utf8')) as { name: string };
    await writeFile(embeddings('Augusta.json'), JSON.stringify({ ...sidecar, name: 'Jos\ufffd' }));
    const { code, out } = await rostro('doctor', '--quick');
    expect([code, out]).toEqual([0, expect.stringMatching(/^names +Jos\ufffd has lost characters/m)]);
    expect((await rostro('people', 'rename', 'Ada', 'Ad\ufffd')).code).not.toBe(0);
    expect((await rostro('people', 'rename', 'Jos\ufffd', 'Augusta')).code).toBe(0);
  });

  it('says what other users may open, and ends that with --repair or at the next change', async () => {
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    const openAll = async () => Promise.all([chmod(await rowsOf('Ada'), 0o644), chmod(embeddings(''), 0o755)]);
    expect((await rostro('doctor', '--quick')).out).not.toContain('other users');
    await openAll();
    const seen = await rostro('doctor', '--quick', '--json');
    expect([seen.code, found(seen.out).openToOthers]).toEqual([0, [await rowsOf('Ada'), join(folder, 'embeddings')]]);
    expect((await rostro('doctor', '--quick')).out).toMatch(/^access +.+\.npy has rights for other users/m);
    expect(await modeOf(await rowsOf('Ada'))).toBe(0o644);
    expect(found((await rostro('doctor', '--quick', '--repair', '--json')).out).openToOthers).toEqual([]);
    expect([await modeOf(await rowsOf('Ada')), await modeOf(embeddings(''))]).toEqual([0o600, 0o700]);
    await openAll();
    await rostro('people', 'rename', 'Ada', 'Ada');
    expect([await modeOf(await rowsOf('Ada')), await modeOf(embeddings(''))]).toEqual([0o600, 0o700]);
  });

  it('says what is damaged without touching it, and brings the person back from the photos', async () => {
    const rows = await rowsOf('Ada');
    const before = await readFile(rows);
    await writeFile(rows, before.subarray(0, -7));
    await writeFile(embeddings('notes.txt'), 'mine');
    const looked = await rostro('doctor', '--json');
    expect(looked.code).toBe(1);
    expect(found(looked.out).files).toMatchObject({
      people: 1,
      setAside: [{ to: null }],
      strangers: ['embeddings/notes.txt'],
    });
    expect(await readFile(rows)).toEqual(before.subarray(0, -7));

    const recognised = await rostro('recognize', join(folder, 'Ada.jpg'), '--json');
    const [{ faces }] = jsonLines<{ faces: { name: string }[] }>(recognised.out);
    expect(faces[0].name).toBe('Augusta');

    const mended = await rostro('doctor', '--repair', '--json');
    expect([mended.code, found(mended.out).repaired]).toEqual([0, [{ name: 'Ada', examples: 2, missing: null }]]);
    expect(found(mended.out).files).toMatchObject({ people: 2, examples: 3, strangers: [] });
    const after = await rostro('recognize', join(folder, 'Ada.jpg'), '--json');
    expect(jsonLines<{ faces: { distance: number }[] }>(after.out)[0].faces[0].distance).toBeLessThan(0.05);

    const again = found((await rostro('doctor', '--repair', '--json')).out);
    expect(again).toMatchObject({ repaired: [], inQuarantine: [], files: { people: 2, examples: 3, setAside: [] } });
    const [moment] = (await readdir(join(folder, '.quarantine'))).sort().slice(-1);
    expect(await readFile(join(folder, '.quarantine', moment, 'embeddings/notes.txt'), 'utf8')).toBe('mine');
    const kept = await readFile(join(folder, '.quarantine', moment, 'restored/embeddings', basename(rows)));
    expect(kept).toEqual(before.subarray(0, -7));
  });
});

describe('rostro encryption', () => {
  it('says what is wrong with a key in one sentence', async () => {
    const plain = await rostroWith({ ...settings, ENCRYPTION_KEY_FILE: '' }, folder, 'doctor');
    expect([plain.code, plain.err]).toEqual([
      1,
      expect.stringMatching(/^rostro: embeddings\/.+\.(npy|json) is encrypted: set/),
    ]);
    await rostro('encryption', 'new-key', join(folder, 'other'));
    const wrong = await rostroWith({ ...settings, ENCRYPTION_KEY_FILE: join(folder, 'other') }, folder, 'doctor');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('was encrypted with another key')]);
    expect((await rostro('encryption', 'new-key', join(folder, 'other'))).err).toContain('no key is written over');
  });

  it('changes the key, keeps people, and turns itself off', async () => {
    const rotated = await rostro('encryption', 'rotate', '--new-key-file', join(folder, 'other'));
    expect([rotated.code, rotated.err]).toEqual([
      0,
      expect.stringMatching(/restored\/embeddings\/sealed~\w+\.npy is damaged/),
    ]);
    await rename(join(folder, 'key'), join(folder, 'old'));
    await copyFile(join(folder, 'other'), join(folder, 'key'));
    expect(found((await rostro('doctor', '--json')).out).files).toMatchObject({ people: 2, examples: 3 });
    expect((await rostro('encryption', 'off')).code).toBe(0);
    settings = { ...settings, ENCRYPTION_KEY_FILE: '' };
    expect(found((await rostro('doctor', '--repair', '--json')).out).files).toMatchObject({ people: 2, examples: 3 });
    expect((await readFile(embeddings('Ada.npy'))).subarray(1, 6).toString()).toBe('NUMPY');
  });
});
