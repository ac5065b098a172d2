import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../../src/gallery/postgres/database.js';
import { openDatabase } from '../../../../src/gallery/postgres/migrate.js';
import {
  type EmptySubjects,
  EmptySubjectsFile,
  EmptySubjectsTable,
} from '../../../../src/plugins/compreface/empty-subjects.js';
import { startPglite, type TestPglite } from '../../../helpers/pglite.js';

let folder: string;
let pglite: TestPglite;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-subjects-'));
  pglite = await startPglite({ withVector: false });
  database = await openDatabase(pglite.url);
});
afterAll(async () => {
  await database.close();
  await pglite.stop();
  await rm(folder, { recursive: true, force: true });
});

const places: readonly (readonly [string, () => EmptySubjects])[] = [
  ['a file', () => new EmptySubjectsFile(folder)],
  ['PostgreSQL', () => new EmptySubjectsTable(database)],
];

describe.each(places)('subjects without examples in %s', (_place, open) => {
  it('are kept each once a group, until they are removed or erased', async () => {
    const subjects = open();
    expect(await subjects.all()).toEqual([]);
    const [ada, adaToo, eve] = [
      { name: 'Ada', group: 'door' },
      { name: 'Ada', group: null },
      { name: 'Eve', group: 'gate' },
    ];
    const gate = { name: 'Ada', group: 'gate' };
    await Promise.all([eve, ada, adaToo, gate, ada].map((subject) => subjects.add(subject)));
    expect(await open().all()).toEqual([adaToo, ada, gate, eve]);
    await subjects.remove({ name: 'Eve', group: null });
    expect(await subjects.all()).toHaveLength(4);
    await subjects.remove(eve);
    await subjects.forget({ name: 'Ada', groups: ['door', 'staff'] });
    expect(await open().all()).toEqual([gate]);
    await subjects.remove(gate);
  });
});

describe('the file', () => {
  it('is put aside when it is damaged', async () => {
    await writeFile(join(folder, 'subjects.json'), '{"version": 1, "subjects": [');
    const subjects = new EmptySubjectsFile(folder);
    expect(await subjects.all()).toEqual([]);
    await subjects.add({ name: 'Ada', group: null });
    expect(await subjects.all()).toEqual([{ name: 'Ada', group: null }]);
    expect(await readFile(join(folder, 'subjects.json.damaged'), 'utf8')).toBe('{"version": 1, "subjects": [');
  });

  it('is not written over while it cannot be read', async () => {
    const path = join(folder, 'subjects.json');
    await rm(path);
    await mkdir(path);
    const subjects = new EmptySubjectsFile(folder);
    await expect(subjects.add({ name: 'Eve', group: null })).rejects.toMatchObject({ code: 'storage_failed' });
    expect((await stat(path)).isDirectory()).toBe(true);
  });
});
