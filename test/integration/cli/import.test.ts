import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import iconv from 'iconv-lite';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.js';
import type { ImportReport } from '../../../src/transfer/import/importer.js';
import type { PlanSummary } from '../../../src/transfer/import/plan.js';
import { galleryState, describedPeople } from '../../helpers/gallery-state.js';
import { enrolledFrom, hashOf, writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { rostro } from '../../helpers/rostro.js';
import { startServer } from '../../helpers/server.js';
import { testNetworks } from '../../helpers/networks.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';

let dir: string;
let photos: string;
let dataDir: string;
let number = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rostro-import-'));
  photos = join(dir, 'photos');
  await writePeopleFolders(photos);
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  dataDir = join(dir, `data-${number++}`);
  await mkdir(dataDir);
});

const run = (...args: string[]) => rostro(dataDir, 'import', ...args);

/** Every file of a folder as an archive of somebody else. */
async function zipped(folder: string, file: string): Promise<void> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.jpg')).sort();
  const entries = paths.map(async (name, i) => ({
    name,
    bytes: await readFile(join(folder, name)),
    deflated: i % 2 === 0,
  }));
  await writeFile(file, rawZip(await Promise.all(entries)));
}

describe('rostro import', () => {
  it('enrols the photos of a folder, and none of them twice', async () => {
    const first = await run(photos);
    expect(first).toMatchObject({ code: 0, out: '6 enrolled, 0 there already, 0 not enrolled.\n' });
    expect(await galleryState(dataDir)).toEqual(await enrolledFrom(photos));
    const before = await describedPeople(dataDir);
    const second = await run(photos);
    expect(second).toMatchObject({ code: 0, out: '0 enrolled, 6 there already, 0 not enrolled.\n' });
    expect(await describedPeople(dataDir)).toEqual(before);
  });

  it('does the same with a ZIP archive, beside what Macs leave in it', async () => {
    const archive = join(dir, 'people.zip');
    await zipped(photos, archive);
    expect((await run(archive)).code).toBe(0);
    expect(await galleryState(dataDir)).toEqual(await enrolledFrom(photos));
  });

  it('tells of each photo that was not enrolled, why, and takes the face that is chosen then', async () => {
    const folder = join(dir, 'mixed');
    await cp(join(photos, 'Ada'), join(folder, 'Ada'), { recursive: true });
    await cp(join(photos, 'Ada', 'Ada_0001.jpg'), join(folder, 'Ada', 'again.jpg'));
    await writeSky(join(folder, 'Ada', 'sky.jpg'));
    await writeFile(join(folder, 'Ada', 'notes.txt'), 'Ada was here.');
    await cp(samplePhoto(1), join(folder, 'Ada', 'group.jpg'));
    await sharp(join(folder, 'Ada', 'Ada_0001.jpg'))
      .resize(90)
      .jpeg()
      .toFile(join(folder, 'Ada', 'tiny.jpg'));
    const report = join(dir, 'report');
    const { code, out } = await run(folder, '--report', report);
    expect(code).toBe(1);
    expect(out).toContain('2 enrolled, 1 there already, 4 not enrolled: ');

    const { lines, complete } = JSON.parse(await readFile(`${report}.json`, 'utf8')) as ImportReport;
    expect(complete).toBe(true);
    const lineOf = (name: string) => lines.find((line) => line.file === name)!;
    expect(lineOf('Ada/sky.jpg')).toMatchObject({ outcome: 'refused', code: 'no_face', person: 'Ada' });
    expect(lineOf('Ada/notes.txt')).toMatchObject({ outcome: 'refused', code: 'not_an_image' });
    expect(lineOf('Ada/tiny.jpg')).toMatchObject({ outcome: 'refused', code: 'face_too_small' });
    const group = lineOf('Ada/group.jpg');
    expect(group).toMatchObject({ outcome: 'refused', code: 'several_faces' });
    expect(group.faces.length).toBeGreaterThan(1);
    const { index, box } = group.faces[1];
    expect(index).toBe(1);

    const csv = (await readFile(`${report}.csv`, 'utf8')).split('\n');
    const columns = csv[0].replace('\ufeff', '').split(',');
    const row = csv.findIndex((line) => line.startsWith('Ada/group.jpg'));
    // As a person would: the number of the face into its column, which lies behind the quoted list of faces.
    csv[row] = csv[row].replace(/",,(?=[^"]*$)/, `",1,`);
    expect(columns.slice(6, 8)).toEqual(['faces', 'face']);
    await writeFile(`${report}.csv`, csv.join('\n'));
    const chosen = await run(folder, '--choose', `${report}.csv`, '--json');
    expect(chosen.code).toBe(1);
    const again = JSON.parse(chosen.out) as ImportReport;
    expect(again.counts).toMatchObject({ enrolled: 1, alreadyThere: 3, refused: 3 });
    const groupPhoto = await readFile(samplePhoto(1));
    const ada = (await describedPeople(dataDir))[0];
    const added = ada.examples.find(({ details }) => details.photoHash === hashOf(groupPhoto))!;
    const { width } = await sharp(join(dataDir, added.crop)).metadata();
    // The crop is that of the second face: somewhat wider than its box.
    expect(width).toBeGreaterThanOrEqual(Math.floor(box.width));
    expect(width).toBeLessThan(3 * box.width);
  });

  it('takes names, ids, groups, metadata and faces from a CSV file beside the photos', async () => {
    const list = join(photos, '..', 'list.csv');
    await writeFile(
      list,
      'person;file;id;groups;metadata\n' +
        'Ada Lovelace;photos/Ada/Ada_0001.jpg;7;staff,night;"{""room"": 12}"\n' +
        'Ada Lovelace;photos/Ada/Ada_0002.jpg;;;\n' +
        'Bo;photos/Bo/Bo_0001.jpg;7;;\n' +
        'Cy;photos/Cy/missing.jpg;;;\n',
    );
    const { code, out } = await run(list);
    expect(code).toBe(1);
    expect(out).toContain('2 enrolled, 0 there already, 2 not enrolled: 1 id_taken, 1 no_file.');
    expect(out).toContain('photos/Bo/Bo_0001.jpg, line 4: The id "7" is that of "Ada Lovelace" already.');
    expect(await galleryState(dataDir)).toMatchObject([
      { name: 'Ada Lovelace', id: '7', groups: ['night', 'staff'], metadata: { room: 12 }, photos: [{}, {}] },
    ]);
    await writeFile(list, 'file,person,groups\nphotos/Ada/Ada_0001.jpg,Ada Lovelace,day\n');
    expect((await run(list)).code).toBe(0);
    expect(await galleryState(dataDir)).toMatchObject([{ id: '7', groups: ['day', 'night', 'staff'] }]);
  });

  it.each([
    ['an archive with a path out of it', 'evil.zip', 'bad_archive'],
    ['an archive that is cut', 'cut.zip', 'bad_archive'],
    ['a list without columns', 'list.csv', 'bad_list'],
    ['nothing', 'nothing-here', 'no_file'],
  ])('changes nothing for %s', async (_what, name, code) => {
    const good = { name: 'Ada/1.jpg', bytes: await readFile(join(photos, 'Ada', 'Ada_0001.jpg')) };
    const evil = rawZip([good, { ...good, name: '../Ada/2.jpg' }]);
    await writeFile(join(dir, 'evil.zip'), evil);
    await writeFile(join(dir, 'cut.zip'), evil.subarray(0, evil.length - 30));
    await writeFile(join(dir, 'list.csv'), 'photos/Ada/Ada_0001.jpg,Ada\n');
    const { code: exit, err } = await run(join(dir, name));
    expect(exit).toBe(1);
    expect(err).toContain(`(${code})`);
    expect(await describedPeople(dataDir)).toEqual([]);
  });
});

/** The second photo of each person in a folder "staff", one under the name of a camera, with a video. */
async function writeWrapped(folder: string): Promise<void> {
  await mkdir(join(folder, 'staff'), { recursive: true });
  for (const name of ['Ada', 'Bo'])
    await cp(join(photos, name, `${name}_0002.jpg`), join(folder, 'staff', `${name}.jpg`));
  await cp(join(photos, 'Cy', 'Cy_0002.jpg'), join(folder, 'staff', 'IMG_2031.jpg'));
  await writeFile(join(folder, 'staff', 'IMG_2031.mov'), 'a video');
}

/** Runs the command as at a terminal where a person types. */
async function atTerminal(typed: string, ...args: string[]) {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true as const });
  const [stdin, stderr, stdout] = [terminal(), terminal(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  stdin.end(typed);
  const env = { ...process.env, ...testNetworks(dataDir), PROVIDER: 'cpu', WORKERS: '1', THREADS: '1' };
  const code = await main(['import', ...args, '--data', dataDir], { env, stdin, stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { code, out, err };
}

const enrolledNames = async () => (await galleryState(dataDir)).map(({ name }) => name);

describe('photos whose folders are no people', () => {
  it('are enrolled under the names of their files; a name of a camera is not', async () => {
    const folder = join(dir, 'wrapped');
    await writeWrapped(folder);
    const { code, out } = await run(folder);
    expect(code).toBe(1);
    expect(out.split('\n').sort()).toEqual(
      [
        '2 enrolled, 0 there already, 2 not enrolled: 1 unclear_name, 1 not_an_image.',
        '  staff/IMG_2031.jpg: "IMG_2031" looks like the name that a camera or an app gave the file, not a person\'s name. Name the photo or its folder after the person, or import with a list.',
        '  staff/IMG_2031.mov: video, not a photo',
        '',
      ].sort(),
    );
    expect(await enrolledNames()).toEqual(['Ada', 'Bo']);
    const planned = await run(folder, '--by', 'folder', '--plan', '--json');
    expect(JSON.parse(planned.out)).toMatchObject({
      namedBy: ['folder'],
      people: [{ name: 'staff', photos: ['staff/Ada.jpg', 'staff/Bo.jpg', 'staff/IMG_2031.jpg'] }],
      refused: [{ file: 'staff/IMG_2031.mov' }],
    });
  });

  it('are shown on a terminal before anything is enrolled', async () => {
    const folder = join(dir, 'wrapped-asked');
    await writeWrapped(folder);
    for (const answer of ['n\n', '\n', '']) {
      const { code, out, err } = await atTerminal(answer, folder);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('2 people on 2 photos, named by their files.\n  Ada: staff/Ada.jpg\n  Bo: staff/Bo.jpg\n');
      expect(err).toContain('  staff/IMG_2031.mov: video, not a photo');
      expect(err).toContain('Enrol them? [y/N]');
    }
    expect(await describedPeople(dataDir)).toEqual([]);
    expect((await atTerminal('y\n', folder)).out).toContain('2 enrolled');
    const unasked = await atTerminal('', folder, '--yes');
    expect(unasked.out).toContain('2 there already');
    expect(unasked.err).not.toContain('Enrol them?');
  });

  it.skipIf(!hasShared)(`are eight people in the reference archive${needsShared}`, async () => {
    const { out } = await run(sharedPath('cases', 'wrapped.zip'), '--plan', '--json');
    const { people } = JSON.parse(out) as PlanSummary;
    expect(people.map(({ name, photos }) => `${name} ${photos.length}`).sort()).toEqual([
      'Amy 1',
      'Bernadette 1',
      'Howard 1',
      'Leonard 1',
      'Penny 1',
      'Raj 1',
      'Sheldon 1',
      'Stuart 1',
    ]);
  });
});

describe('an import while a server runs', () => {
  it('goes through the server', async () => {
    const server = await startServer({ ROSTRO_DATA: dataDir, DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    try {
      const locked = await run(photos);
      expect(locked.code).toBe(1);
      expect(locked.err).toContain('(gallery_locked)');
      expect(locked.err).toContain('--server');
      const { code, out, err } = await run(photos, '--server', server.url);
      expect({ code, out, err }).toEqual({ code: 0, err: '', out: '6 enrolled, 0 there already, 0 not enrolled.\n' });
      expect(await galleryState(dataDir)).toEqual(await enrolledFrom(photos));
      expect((await run(photos, '--server', server.url)).out).toContain('0 enrolled, 6 there already');
      expect(await readdir(join(dataDir, '.state', 'import'))).toEqual([]);
    } finally {
      await server.close();
    }
    const gone = await run(photos, '--server', server.url);
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.err).toContain('(server_unreachable)');
  });
});

describe('names that are not UTF-8', () => {
  const photoOf = (name: string) => readFile(join(photos, name, `${name}_0001.jpg`));
  const inCodePage = (name: string, encoding: string) => iconv.encode(name, encoding);

  it('are asked for in archives, and read in the encoding that is given', async () => {
    const archive = join(dir, 'dos.zip');
    await writeFile(archive, rawZip([{ name: inCodePage('José/1.jpg', 'cp850'), bytes: await photoOf('Ada') }]));
    const asked = await run(archive);
    expect(asked.code).not.toBe(0);
    expect(asked.err).toMatch(/cp850 .*"José\/1\.jpg".* Run the same with --encoding and its name\./);
    expect((await run(archive, '--encoding', 'utf-7')).err).toContain('give one of cp437, cp850');
    expect(await run(archive, '--encoding', 'cp850')).toMatchObject({ code: 0 });
    expect((await describedPeople(dataDir)).map(({ name }) => name)).toEqual(['José']);
  });

  it.skipIf(process.platform !== 'linux')('are read in folders, by system calls with their bytes', async () => {
    const folder = join(dir, 'old');
    await mkdir(folder);
    const place = (name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
    await writeFile(place(inCodePage('José.jpg', 'cp1252')), await photoOf('Ada'));
    expect(await run(folder)).toMatchObject({ code: 0, out: expect.stringContaining('1 enrolled') as string });
    await writeFile(place(inCodePage('田中.jpg', 'shift_jis')), await photoOf('Bo'));
    expect((await run(folder)).err).toContain('shift_jis for "田中.jpg"');
    expect((await run(folder, '--encoding', 'shift_jis')).code).not.toBe(0);
    await rm(place(inCodePage('José.jpg', 'cp1252')));
    expect(await run(folder, '--encoding', 'shift_jis')).toMatchObject({ code: 0 });
    expect((await describedPeople(dataDir)).map(({ name }) => name)).toEqual(['José', '田中']);
  });

  it('in lists and in files may be composed differently; similar names give a warning', async () => {
    const folder = join(dir, 'forms');
    await mkdir(join(folder, 'José'.normalize('NFD')), { recursive: true });
    await writeFile(join(folder, 'José'.normalize('NFD'), 'é.jpg'), await photoOf('Ada'));
    await writeFile(join(folder, 'b.jpg'), await photoOf('Bo'));
    await writeFile(join(folder, 'list.csv'), inCodePage('file;person\r\nJosé/é.jpg;José\r\nb.jpg;Jose\r\n', 'cp1252'));
    for (const from of [folder, join(folder, 'list.csv')]) {
      const { code, out } = await run(from);
      expect([code, out.split('\n')[0]]).toEqual([0, expect.stringMatching(/0 not enrolled\.$/)]);
      if (from === folder)
        expect(out).toMatch(/^ {2}Jos[eé]: A new person was enrolled, and "Jos[eé]" is enrolled already/m);
    }
    expect((await describedPeople(dataDir)).map(({ name }) => name)).toEqual(['Jose', 'José']);
  });
});
