import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importJob, importPlan, importReport } from '../../../src/http/schemas.js';
import { OpenBackup } from '../../../src/transfer/backup/open-backup.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { writePeopleFolders } from '../../helpers/people-folders.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

let server: TestServer;
let dir: string;
const photo = (path: string) => readFile(join(dir, 'photos', path));
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rostro-http-import-'));
  await writePeopleFolders(join(dir, 'photos'));
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', MAX_IMPORT_MB: '5' });
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

const get = (path: string) => fetch(server.url + path);
const jobOf = async (reply: Response) => importJob.parse(await reply.json());

function post(
  files: Record<string, Uint8Array>,
  fields: Record<string, string> = {},
  path = '/import',
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  for (const [name, bytes] of Object.entries(files)) body.append('file', new Blob([new Uint8Array(bytes)]), name);
  return fetch(server.url + path, { method: 'POST', body });
}

const postJson = (path: string, value: unknown) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });

async function ended(reply: Response) {
  expect(reply.status).toBe(202);
  const { id } = await jobOf(reply);
  for (;;) {
    const job = await jobOf(await get(`/import/${id}`));
    if (job.endedAt !== null) return job;
    await setTimeout(50);
  }
}

const linesOf = async (id: string) => importReport.parse(await (await get(`/import/${id}/report`)).json()).lines;
const names = () => server.core.gallery.people().map(({ name, examples }) => `${name} ${examples.length}`);
/** Files of the uploads that are still there. */
const uploads = () => {
  const folder = join(server.dataDir, '.state', 'import');
  return readdir(folder, { recursive: true, withFileTypes: true }).then(
    (entries) => entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
    () => [],
  );
};
const importFolder = () => readdir(join(server.dataDir, '.state', 'import')).catch(() => []);

describe('POST /import', () => {
  it('enrols an archive in the background, with a line of the audit log for each change', async () => {
    const archive = rawZip([
      { name: 'Ada/1.jpg', bytes: await photo('Ada/Ada_0001.jpg') },
      { name: 'Ada/2.jpg', bytes: await photo('Ada/Ada_0002.jpg'), deflated: true },
      { name: 'Bo.jpg', bytes: await photo('Bo/Bo_0001.jpg') },
    ]);
    const reply = await post({ 'people.zip': archive });
    expect(reply.headers.get('location')).toMatch(/^\/import\/[0-9a-f-]{36}$/);
    const job = await ended(reply);
    expect(job).toMatchObject({ state: 'done', photos: 3, done: 3, counts: { enrolled: 3, refused: 0 }, error: null });
    expect(names()).toEqual(['Ada 2', 'Bo 1']);
    const told = entriesIn(join(server.dataDir, '.state', 'audit')).filter(({ outcome }) => outcome === 'done');
    const lines = told.map(({ action, actor, facts }) => ({ action, actor, facts }));
    expect(lines).toHaveLength(2);
    for (const examples of [1, 2]) {
      expect(lines).toContainEqual({ action: 'enrol', actor: { kind: 'local' }, facts: { examples } });
    }
    expect((await ended(await post({ 'people.zip': archive }))).counts).toMatchObject({ enrolled: 0, alreadyThere: 3 });
    await expect.poll(uploads).toEqual([]);
  });

  it('takes photos one by one with their paths, and a list of who they are', async () => {
    const list = Buffer.from('file,person,groups\nx/1.jpg,Cy,staff\n');
    const job = await ended(await post({ 'list.csv': list, 'x/1.jpg': await photo('Cy/Cy_0001.jpg') }));
    expect(job.counts).toMatchObject({ enrolled: 1 });
    expect(server.core.people.get('Cy').groups).toEqual(['staff']);
    const named = await ended(await post({ 'x/Cy.jpg': await photo('Cy/Cy_0002.jpg') }, { by: 'file' }));
    expect(named.counts).toMatchObject({ enrolled: 1 });
    expect(names()).toContain('Cy 2');
  });

  it('finds a list in the folder around the photos', async () => {
    const archive = rawZip([
      { name: 'upload/list.csv', bytes: Buffer.from('file,person\n1.jpg,Oz\n2021/2.jpg,Oz\n') },
      { name: 'upload/1.jpg', bytes: await photo('Cy/Cy_0001.jpg') },
      { name: 'upload/2021/2.jpg', bytes: await photo('Cy/Cy_0002.jpg') },
    ]);
    expect((await ended(await post({ 'people.zip': archive }))).counts).toMatchObject({ enrolled: 2, refused: 0 });
    expect(names()).toContain('Oz 2');
  });

  it('shows a photo with several faces and takes the one that is chosen', async () => {
    const group = await readFile(samplePhoto(1));
    const { id } = await ended(await post({ 'Dee/group.jpg': group, 'Cy/3.jpg': await photo('Cy/Cy_0002.jpg') }));
    await expect.poll(async () => (await uploads()).length).toBe(1);
    const [stored] = await uploads();
    expect((await stat(stored)).size).toBe(group.length);
    expect((await readFile(stored)).indexOf(group.subarray(0, 16))).toBe(-1);
    const line = (await linesOf(id)).find(({ file }) => file === 'Dee/group.jpg')!;
    expect(line).toMatchObject({ file: 'Dee/group.jpg', outcome: 'refused', code: 'several_faces' });
    const shown = await get(`/import/${id}/photo?file=${encodeURIComponent('Dee/group.jpg')}`);
    expect(shown.headers.get('content-type')).toBe('image/jpeg');
    const { width } = await sharp(Buffer.from(await shown.arrayBuffer())).metadata();
    expect(width).toBeGreaterThan(line.faces[0].box.x + line.faces[0].box.width);
    const chosen = await postJson(`/import/${id}/choices`, { choices: [{ file: 'Dee/group.jpg', face: 0 }] });
    expect(await ended(chosen)).toMatchObject({ photos: 2, done: 2, counts: { enrolled: 1, refused: 0 } });
    await expect.poll(uploads).toEqual([]);
    const csv = await (await get(`/import/${id}/report?format=csv`)).text();
    expect(csv).toMatch(/^Dee\/group\.jpg,,Dee,enrolled,/m);
    expect(names()).toContain('Dee 1');
    const forgotten = await fetch(`${server.url}/import/${id}`, { method: 'DELETE' });
    expect(forgotten.status).toBe(200);
    expect((await get(`/import/${id}`)).status).toBe(404);
  });

  it.each<[what: string, files: Record<string, Uint8Array>, status: number, code: string]>([
    ['nothing', {}, 400, 'no_file'],
    ['a forged archive', { 'a.zip': rawZip([{ name: '../a.jpg', bytes: Buffer.from('x') }]) }, 422, 'bad_archive'],
    ['an archive without photos', { 'a.zip': rawZip([]) }, 400, 'no_file'],
    ['a list without columns', { 'a.csv': Buffer.from('x\n') }, 422, 'bad_list'],
    ['more than is allowed', { 'a.zip': Buffer.alloc(6e6, 'x') }, 413, 'upload_too_large'],
  ])('refuses %s at once and keeps nothing of it', async (_what, files, status, code) => {
    const before = await importFolder();
    const reply = await post(files);
    const { error } = (await reply.json()) as { error: { code: string } };
    expect([reply.status, error.code]).toEqual([status, code]);
    expect(await importFolder()).toEqual(before);
  });

  it('enrols nobody as "staff" from a folder of photos in an archive', async () => {
    const archive = rawZip([
      { name: 'staff/Edd.jpg', bytes: await photo('Ada/Ada_0001.jpg') },
      { name: 'staff/Flo.jpg', bytes: await photo('Bo/Bo_0001.jpg') },
      { name: 'staff/2021/DSC0001.jpg', bytes: await photo('Cy/Cy_0001.jpg') },
      { name: 'staff/DSC0001.mov', bytes: Buffer.from('a video') },
    ]);
    const { id, counts } = await ended(await post({ 'people.zip': archive }));
    expect(counts).toMatchObject({ enrolled: 2, reasons: { unclear_name: 1, not_an_image: 1 } });
    expect(names()).toEqual(expect.arrayContaining(['Edd 1', 'Flo 1']));
    expect((await linesOf(id)).find(({ file }) => file === 'staff/DSC0001.mov')?.message).toBe('video, not a photo');
  });

  it('shows a plan, and imports it when it is started, by what is said then', async () => {
    const before = names();
    const archive = rawZip([{ name: 'Initech/Gus.jpg', bytes: await photo('Bo/Bo_0001.jpg') }]);
    for (const [fields, path] of [
      [{}, '/import?plan=true'],
      [{ plan: 'true' }, '/import'],
    ] as const) {
      const reply = await post({ 'people.zip': archive }, fields, path);
      expect(reply.status).toBe(200);
      const { id, people, refused } = importPlan.parse(await reply.json());
      expect([people, refused.map(({ file, code }) => [file, code])]).toEqual([
        [],
        [['Initech/Gus.jpg', 'unclear_name']],
      ]);
      const again = await postJson(`/import/${id}/start?plan=true`, { by: 'file' });
      expect(importPlan.parse(await again.json())).toEqual({
        id,
        namedBy: ['file'],
        refused: [],
        people: [{ name: 'Gus', photos: ['Initech/Gus.jpg'] }],
      });
      expect((await jobOf(await get(`/import/${id}`))).state).toBe('planned');
      expect(names()).toEqual(before);
      if (path === '/import') {
        expect((await ended(await postJson(`/import/${id}/start`, { by: 'file' }))).counts).toMatchObject({
          enrolled: 1,
        });
        expect((await postJson(`/import/${id}/start`, {})).status).toBe(400);
      } else await fetch(`${server.url}/import/${id}`, { method: 'DELETE' });
    }
    expect(names()).toContain('Gus 1');
    await expect.poll(uploads).toEqual([]);
  });

  it('plans paths without photos', async () => {
    const paths = ['People/Amy/2021/1.jpg', 'People/Bo/2022/IMG_2031.jpg', 'People/Bo/.hidden', 'People/Bo/clip.mp4'];
    const sent = paths.map((path, i) => (i === 0 ? path.replaceAll('/', '\\') : `./${path}`));
    const reply = await postJson('/import?plan=true', { paths: sent });
    expect(importPlan.parse(await reply.json())).toMatchObject({
      id: null,
      namedBy: ['folder'],
      people: [
        { name: 'Amy', photos: [paths[0]] },
        { name: 'Bo', photos: [paths[1]] },
      ],
      refused: [{ file: paths[3], code: 'not_an_image', message: 'video, not a photo' }],
    });
    expect((await postJson('/import', { paths })).status).toBe(400);
    expect((await postJson('/import?plan=true', { paths: [] })).status).toBe(400);
  });

  it('keeps nothing of a request that breaks off', async () => {
    const before = await importFolder();
    const body = Readable.from(
      (async function* () {
        yield '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n';
        yield Buffer.alloc(100_000);
        await setTimeout(50);
        throw new Error('the line is cut');
      })(),
    );
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const init = { method: 'POST', body: Readable.toWeb(body), headers, duplex: 'half' } as unknown as RequestInit;
    await expect(fetch(`${server.url}/import`, init)).rejects.toThrow();
    await expect.poll(importFolder).toEqual(before);
  });
});

describe('erasing a person who is in an import', () => {
  const erase = async (path: string) =>
    expect((await fetch(`${server.url}/people/${path}`, { method: 'DELETE' })).status).toBe(200);
  const choose = async (id: string, file: string) =>
    ended(await postJson(`/import/${id}/choices`, { choices: [{ file, face: 0 }] }));
  const filesIn = async (id: string) => (await linesOf(id)).map(({ file }) => file).sort();

  it('overwrites their photos in an archive that is kept; others can still be chosen', async () => {
    const hal = await photo('Bo/Bo_0001.jpg');
    const group = await readFile(samplePhoto(1));
    const archive = rawZip([
      { name: 'Hal/1.jpg', bytes: hal },
      { name: 'Ivy/group.jpg', bytes: group, deflated: true },
      { name: 'Hal/group.jpg', bytes: Buffer.concat([group, Buffer.from('again')]), deflated: true },
    ]);
    const { id } = await ended(await post({ 'people.zip': archive }));
    expect(await filesIn(id)).toEqual(['Hal/1.jpg', 'Hal/group.jpg', 'Ivy/group.jpg']);
    const [stored] = await uploads();
    const before = await readFile(stored);
    // A photo is found also under the name that the person had when it was imported.
    await fetch(`${server.url}/people/Hal`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Henry' }),
    });
    await erase('Henry');
    const after = await readFile(stored);
    const equal = (start: number, end: number) => before.subarray(start, end).equals(after.subarray(start, end));
    const [first, second] = [archive.indexOf('Ivy/group.jpg') - 30, archive.indexOf('Hal/group.jpg') - 30];
    for (let at = 0; at + 64 <= first; at += 64) expect(equal(at, at + 64)).toBe(false);
    expect(equal(first, second)).toBe(true);
    for (let at = second; at + 64 <= before.length - 300; at += 64) expect(equal(at, at + 64)).toBe(false);
    expect(await filesIn(id)).toEqual(['Ivy/group.jpg']);
    expect((await get(`/import/${id}/photo?file=Hal%2Fgroup.jpg`)).status).toBe(400);
    expect((await choose(id, 'Ivy/group.jpg')).counts).toMatchObject({ enrolled: 1, refused: 0 });
    expect(names().join()).not.toMatch(/Hal|Henry/);
  });

  it('deletes their photos that were sent one by one, and that of a single example', async () => {
    const group = await readFile(samplePhoto(1));
    const again = Buffer.concat([group, Buffer.from('again')]);
    const files = { 'Kim/1.jpg': await photo('Bo/Bo_0001.jpg'), 'Kim/2.jpg': group, 'Lou/1.jpg': again };
    const { id } = await ended(await post(files));
    await expect.poll(async () => (await uploads()).length).toBe(2);
    await choose(id, 'Kim/2.jpg');
    await expect.poll(async () => (await uploads()).length).toBe(1);
    const [, example] = server.core.gallery.person('Kim').examples;
    await erase(`Kim/examples/${example.id}`);
    expect(await filesIn(id)).toEqual(['Kim/1.jpg', 'Lou/1.jpg']);
    await erase('Kim');
    expect(await filesIn(id)).toEqual(['Lou/1.jpg']);
    expect(await jobOf(await get(`/import/${id}`))).toMatchObject({
      photos: 1,
      done: 1,
      counts: { enrolled: 0, refused: 1 },
    });
    await choose(id, 'Lou/1.jpg');
    await expect.poll(uploads).toEqual([]);
  });

  it('enrols none of their photos that still wait in a running import, nor in one behind it', async () => {
    const bytes = await photo('Cy/Cy_0001.jpg');
    const copy = (i: number) => Buffer.concat([bytes, Buffer.from(`copy ${i}`)]);
    const many = Array.from({ length: 60 }, (_, i) => [`Max/${i}.jpg`, copy(i)] as const);
    const running = await jobOf(
      await post({ ...Object.fromEntries(many), 'Ned/1.jpg': await photo('Bo/Bo_0002.jpg') }),
    );
    const behind = await jobOf(await post({ 'Max/x.jpg': copy(100), 'Ned/x.jpg': await photo('Bo/Bo_0001.jpg') }));
    await expect.poll(() => names().some((name) => name.startsWith('Max')), { interval: 10 }).toBe(true);
    expect((await jobOf(await get(`/import/${running.id}`))).state).toBe('running');
    await erase('Max');
    for (const { id } of [running, behind]) {
      const job = await ended(new Response(JSON.stringify({ ...running, id }), { status: 202 }));
      expect(job).toMatchObject({ state: 'done', photos: 1, done: 1, counts: { enrolled: 1, refused: 0 } });
      expect((await linesOf(id)).map(({ person }) => person)).toEqual(['Ned']);
    }
    expect(names().join()).not.toContain('Max');
    expect(names()).toContain('Ned 2');
    await expect.poll(uploads).toEqual([]);
  });
});

describe('GET /export', () => {
  it('hands out everybody, sealed where a passphrase is given', async () => {
    const file = join(dir, 'backup.zip');
    const plain = await get('/export');
    expect(plain.headers.get('content-disposition')).toMatch(/^attachment; filename=rostro-\d{4}-\d\d-\d\d\.zip$/);
    await pipeline(Readable.fromWeb(plain.body as never), createWriteStream(file));
    const backup = await OpenBackup.open(file);
    await backup.verify();
    expect(backup.manifest.people).toBe(server.core.people.count);
    backup.close();
    const sealed = (passphrase: string) =>
      fetch(`${server.url}/export`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ passphrase }),
      });
    expect((await sealed('short')).status).toBe(400);
    await writeFile(file, Buffer.from(await (await sealed('correct horse battery')).arrayBuffer()));
    const opened = await OpenBackup.open(file, 'correct horse battery');
    await opened.verify();
    opened.close();
  });
});
