import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importJob, importReport } from '../../../src/http/schemas.js';
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

function post(files: Record<string, Uint8Array>, fields: Record<string, string> = {}): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  for (const [name, bytes] of Object.entries(files)) body.append('file', new Blob([new Uint8Array(bytes)]), name);
  return fetch(`${server.url}/import`, { method: 'POST', body });
}

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
    const chosen = await fetch(`${server.url}/import/${id}/choices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ choices: [{ file: 'Dee/group.jpg', face: 0 }] }),
    });
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
