import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { filesIn } from '../../helpers/gallery-fixture.js';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { jsonLines, rostroWith } from '../../helpers/rostro.js';
import { linkSharedCache, startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };

let server: TestServer;
let photo: Buffer;
let again: Buffer;
beforeAll(async () => {
  server = await startServer(NETWORKS);
  [photo, again] = await Promise.all([onePerson(), onePersonAgain()]);
});
afterAll(() => server.close());

async function upload(name: string, photos: readonly Buffer[], fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [field, value] of Object.entries({ name, ...fields })) form.append(field, value);
  for (const one of photos) form.append('file', new Blob([new Uint8Array(one)]), 'photo.jpg');
  const reply = await fetch(`${server.url}/upload`, { method: 'POST', body: form });
  const { enrolled } = schemas.upload.parse(await reply.json());
  return { status: reply.status, enrolled, outcomes: enrolled.map(({ outcome }) => outcome) };
}
const examplesOf = (name: string) => server.core.gallery.person(name).examples.map(({ id }) => id);

describe('the same photo again', () => {
  it('is no second example of the person, and has a reply of 200', async () => {
    const first = await upload('Ada', [photo]);
    expect([first.status, first.outcomes]).toEqual([201, ['enrolled']]);
    const second = await upload('Ada', [photo]);
    expect([second.status, second.outcomes]).toEqual([200, ['already_there']]);
    const [one, other] = [first.enrolled[0], second.enrolled[0]];
    expect(other).toEqual({ ...one, outcome: 'already_there' });
    expect(examplesOf('Ada')).toEqual([one.example]);
  });

  it('still changes the details that come with it', async () => {
    await upload('Ada', [photo], { group: 'staff', id: 'E-1815' });
    expect(server.core.gallery.person('Ada')).toMatchObject({ groups: ['staff'], id: 'E-1815' });
  });

  it('beside a new one, or twice in a request, counts once', async () => {
    const mixed = await upload('Ada', [photo, again]);
    expect([mixed.status, mixed.outcomes]).toEqual([201, ['already_there', 'enrolled']]);
    const twice = await upload('Twice', [photo, photo]);
    expect([twice.status, [...twice.outcomes].sort()]).toEqual([201, ['already_there', 'enrolled']]);
    expect(examplesOf('Twice')).toHaveLength(1);
  });

  it('under another name is enrolled with a warning', async () => {
    const { status, enrolled } = await upload('Augusta', [again]);
    expect(status).toBe(201);
    expect(enrolled[0].warnings).toEqual([
      { code: 'duplicate', message: 'The same photo is enrolled under the name "Ada".' },
    ]);
    await fetch(`${server.url}/people/Augusta`, { method: 'DELETE' });
  });

  it('with another face is another example', async () => {
    const group = await readFile(samplePhoto(1));
    for (const face of ['0', '1']) {
      const { status, enrolled } = await upload(`Face ${face}`, [group], { face });
      expect([status, enrolled[0].warnings.map(({ code }) => code)]).not.toContain('duplicate');
      expect(status).toBe(201);
    }
    expect((await upload('Face 0', [group], { face: '1' })).outcomes).toEqual(['enrolled']);
    expect((await upload('Face 0', [group], { face: '1' })).outcomes).toEqual(['already_there']);
  });

  it('is the same for CompreFace’s clients', async () => {
    const add = async () => {
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
      const url = `${server.url}/api/v1/recognition/faces?subject=Cora`;
      return (await (await fetch(url, { method: 'POST', body: form })).json()) as { image_id: string };
    };
    expect((await add()).image_id).toBe((await add()).image_id);
    expect(examplesOf('Cora')).toHaveLength(1);
  });

  it('says so on the page without JavaScript', async () => {
    const form = new FormData();
    form.append('name', 'Ada');
    form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
    const reply = await fetch(`${server.url}/upload`, { method: 'POST', body: form, headers: { accept: 'text/html' } });
    expect([reply.status, await reply.text()]).toEqual([
      200,
      expect.stringContaining('This photo is enrolled already'),
    ]);
  });

  it('is known by a hash that is erased with the person', async () => {
    const hash = createHash('sha256').update(photo).digest('hex');
    const holders = async () => {
      const files = filesIn(server.dataDir).filter((path) => !path.endsWith('/'));
      const texts = await Promise.all(files.map((path) => readFile(join(server.dataDir, path), 'latin1')));
      return files.filter((_, i) => texts[i].includes(hash));
    };
    expect((await holders()).length).toBeGreaterThan(0);
    for (const { name } of server.core.gallery.people()) {
      await fetch(`${server.url}/people/${encodeURIComponent(name)}`, { method: 'DELETE' });
    }
    expect(await holders()).toEqual([]);
    expect((await upload('Ada', [photo])).outcomes).toEqual(['enrolled']);
  });
});

describe('the same photo on the command line', () => {
  it('is told as already there, and under another name in an import as a duplicate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rostro-same-'));
    try {
      await linkSharedCache(folder);
      for (const name of ['Ada', 'Bea']) {
        await mkdir(join(folder, 'photos', name), { recursive: true });
        await writeFile(join(folder, 'photos', name, '1.jpg'), photo);
      }
      const enrol = (...more: string[]) =>
        rostroWith(NETWORKS, folder, 'enrol', 'photos/Ada/1.jpg', '--name', 'Ada', ...more);
      expect(jsonLines((await enrol('--json')).out)).toMatchObject([{ outcome: 'enrolled' }]);
      const second = await enrol();
      expect([second.code, second.out]).toEqual([0, expect.stringContaining('already there')]);
      await rostroWith(NETWORKS, folder, 'import', 'photos', '--report', 'report');
      const lines = (await readFile(join(folder, 'report.csv'), 'utf8')).trim().split('\n');
      expect(lines.find((line) => line.includes('Ada/1.jpg'))).toContain('already_there');
      expect(lines.find((line) => line.includes('Bea/1.jpg'))).toMatch(/,enrolled,.*,duplicate\s*$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
