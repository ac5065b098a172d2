import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditFolder, auditTrail } from '../../../src/app/state-stores.js';
import type { AuditEntry } from '../../../src/privacy/audit/entry.js';
import type { AuditTrail } from '../../../src/privacy/audit/trail.js';
import { AuditedGallery } from '../../../src/privacy/audited-gallery.js';
import { PersonExports } from '../../../src/privacy/person-export.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { faultyDisk, systemError } from '../../helpers/faulty-disk.js';
import {
  contract,
  exampleOf,
  filesIn,
  negativeOf,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../helpers/gallery-fixture.js';

let dataDir: string;
let folder: string;
let trail: AuditTrail;
let gallery: AuditedGallery;
let diskIsFull: boolean;
beforeEach(async () => {
  dataDir = temporaryFolder();
  folder = auditFolder(join(dataDir, '.state'));
  trail = auditTrail(join(dataDir, '.state'), true);
  diskIsFull = false;
  const disk = faultyDisk((_, act) => (diskIsFull ? Promise.reject(systemError('ENOSPC')) : act()));
  gallery = new AuditedGallery((await openNpyGallery({ dataDir, contract, disk })).gallery, trail);
});
afterEach(() => trail.log?.close());
afterAll(removeTemporaryFolders);

const told = () =>
  entriesIn(folder).map(({ action, outcome, code }) => [action, outcome, code].filter(Boolean).join(' '));
const everything = () =>
  filesIn(dataDir)
    .filter((path) => !path.endsWith('/'))
    .map((path) => path + readFileSync(join(dataDir, path), 'latin1'))
    .join('\n');

describe('an audited gallery', () => {
  it('records each change before and after it, without names', async () => {
    const { example } = await gallery.add('Ada Lovelace', exampleOf(1));
    await gallery.add('Ada Lovelace', exampleOf(2));
    await gallery.rename('Ada Lovelace', 'Augusta King');
    await gallery.removeExample('Augusta King', example.id);
    const { change, line, files } = await gallery.removePerson('Augusta King');
    expect(told()).toEqual(
      ['enrol', 'enrol', 'rename', 'erase_example', 'erase_person'].flatMap((action) => [
        `${action} begun`,
        `${action} done`,
      ]),
    );
    const entries = entriesIn(folder);
    expect(new Set(entries.map(({ subject }) => subject)).size).toBe(1);
    expect(entries.at(-1)).toMatchObject({ change, seq: line!.line, facts: { files: 3, remaining: 0 } });
    expect(files).toHaveLength(3);
    expect(everything()).not.toMatch(/Ada|Lovelace|Augusta|King/);
  });

  it('records describe, merge and put without the details', async () => {
    await gallery.add('Ada', exampleOf(1), { id: 'E-1815' });
    await gallery.add('Grace', exampleOf(2));
    await gallery.describe('Ada', { groups: ['night shift'], metadata: { floor: 'cellar' } });
    const [ada, grace] = await Promise.all(['Ada', 'Grace'].map((name) => trail.pseudonyms.find(name)));
    await gallery.merge('Ada', 'Grace');
    await gallery.put(wholePerson('Hedy', { id: '2', metadata: {}, groups: [] }, 3, 4));
    expect(told().slice(4)).toEqual(
      ['describe', 'merge', 'put'].flatMap((action) => [`${action} begun`, `${action} done`]),
    );
    const [described, merged, put] = entriesIn(folder)
      .filter(({ outcome }) => outcome === 'done')
      .slice(2);
    expect(described).toMatchObject({ subject: ada, facts: { fields: 'groups metadata' } });
    expect(merged).toMatchObject({ subject: grace, facts: { merged: ada } });
    expect(put).toMatchObject({ facts: { examples: 2 } });
    expect(await trail.pseudonyms.find('Ada')).toBeNull();
    const log = entriesIn(folder)
      .map((entry) => JSON.stringify(entry))
      .join('\n');
    expect(log).not.toMatch(/E-1815|night|cellar|Ada|Grace|Hedy/);
  });

  it('records an example that is moved, under both pseudonyms', async () => {
    const { example } = await gallery.add('Ada', exampleOf(1));
    await gallery.add('Ada', exampleOf(2));
    await gallery.add('Grace', exampleOf(3));
    const [ada, grace] = await Promise.all(['Ada', 'Grace'].map((name) => trail.pseudonyms.find(name)));
    await gallery.moveExample('Ada', example.id, 'Grace');
    expect(told().slice(6)).toEqual(['move_example begun', 'move_example done']);
    expect(entriesIn(folder).at(-1)).toMatchObject({ subject: ada, facts: { example: example.id, to: grace } });
  });

  it('refuses new people without consent where it is required, but puts copies as they are', async () => {
    const strict = new AuditedGallery(gallery, trail, undefined, 'required');
    const refusal = { code: 'consent_required' };
    const consent = { basis: 'consent', date: '2026-09-01', note: null } as const;
    await expect(strict.add('Ada', exampleOf(1))).rejects.toMatchObject(refusal);
    await expect(strict.addAll('Ada', [exampleOf(1)], () => ({ groups: ['staff'] }))).rejects.toMatchObject(refusal);
    await strict.put(wholePerson('Hedy', { id: '2', metadata: {}, groups: [] }, 3));
    await strict.add('Hedy', exampleOf(4));
    await strict.add('Ada', exampleOf(1), { consent });
    await strict.add('Ada', exampleOf(2));
    await expect(strict.describe('Ada', { consent: null })).rejects.toMatchObject(refusal);
    await strict.describe('Ada', { groups: ['staff'] });
    await strict.describe('Hedy', { consent: null });
    expect(gallery.people().map(({ name, examples, consent: given }) => [name, examples.length, given])).toEqual([
      ['Ada', 2, consent],
      ['Hedy', 2, undefined],
    ]);
  });

  it('exports also the lines of people merged into the person', async () => {
    await gallery.add('Ada', exampleOf(1), { id: 'E-1815', metadata: { floor: 3 }, groups: ['staff'] });
    await gallery.add('Grace', exampleOf(2));
    await gallery.merge('Ada', 'Grace');
    const exports = new PersonExports({ gallery, trail, contract });
    const files = new Map<string, string>();
    for await (const { path, bytes } of (await exports.of('Grace')).files)
      files.set(path, Buffer.from(bytes).toString());
    expect(JSON.parse(files.get('person.json')!)).toMatchObject({
      name: 'Grace',
      id: 'E-1815',
      metadata: { floor: 3 },
      groups: ['staff'],
      examples: [{ photoHash: null }, { photoHash: null }],
    });
    const lines = files
      .get('audit.jsonl')!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    expect(lines.map(({ action }) => action)).toEqual([
      'enrol',
      'enrol',
      'enrol',
      'enrol',
      'merge',
      'merge',
      'export',
      'export',
    ]);
    expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('records corrections, and exports the negatives of a person', async () => {
    const { example } = await gallery.add('Ada', exampleOf(1));
    const { id } = await gallery.negatives.add('Ada', { ...negativeOf(2), nearest: example.id });
    const { id: gone } = await gallery.negatives.add('Ada', negativeOf(3));
    const { change, files: erased } = await gallery.negatives.remove('Ada', gone);
    expect(told().slice(2)).toEqual(
      ['correct', 'correct', 'erase_negative'].flatMap((action) => [`${action} begun`, `${action} done`]),
    );
    expect(entriesIn(folder).at(-1)).toMatchObject({ change, facts: { negative: gone, files: 1 } });
    expect(erased).toEqual([`uploads/Ada/not-${gone}.jpg`]);
    const files = new Map<string, string>();
    for await (const { path, bytes } of (await new PersonExports({ gallery, trail, contract }).of('Ada')).files)
      files.set(path, Buffer.from(bytes).toString());
    expect(JSON.parse(files.get('person.json')!)).toMatchObject({
      negatives: [{ id, nearest: example.id, crop: `crops/not-${id}.jpg`, embedding: [...vectorOf(2)] }],
    });
    expect(files.get(`crops/not-${id}.jpg`)).toBe('crop 2');
  });

  it('gives a new pseudonym to a person enrolled again under the same name', async () => {
    await gallery.add('Ada', exampleOf(1));
    await gallery.removePerson('Ada');
    await gallery.add('Ada', exampleOf(2));
    const subjects = entriesIn(folder).map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(2);
    expect(await trail.pseudonyms.find('Ada')).toBe(subjects.at(-1));
  });

  it('supports names that are JavaScript property names', async () => {
    for (const name of ['__proto__', 'constructor', '山田 太郎']) {
      await gallery.add(name, exampleOf(1));
      const again = auditTrail(join(dataDir, '.state'), true);
      expect(await again.pseudonyms.find(name)).toMatch(/^p-/);
    }
  });

  it('records a failed change and keeps no pseudonym of a person who was not enrolled', async () => {
    await gallery.add('Ada', exampleOf(1));
    await expect(
      gallery.rename('Ada', 'Ada Lovelace').then(() => gallery.rename('Ada Lovelace', 'Ada')),
    ).resolves.toBeDefined();
    diskIsFull = true;
    await expect(gallery.add('Grace', exampleOf(2))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(told().slice(-2)).toEqual(['enrol begun', 'enrol failed storage_failed']);
    expect(everything()).not.toContain('Grace');
    expect(gallery.writeFailed).toBe(true);
    expect(await gallery.isWritable()).toBe(false);
    diskIsFull = false;
    expect(await gallery.isWritable()).toBe(true);
    expect(gallery.writeFailed).toBe(false);
  });

  it('changes nothing if the log cannot be written', async () => {
    await gallery.add('Ada', exampleOf(1));
    await trail.log!.close();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder belongs');
    await expect(gallery.removePerson('Ada')).rejects.toMatchObject({ code: 'storage_failed' });
    expect(gallery.people().map(({ name }) => name)).toEqual(['Ada']);
  });

  it('writes nothing with AUDIT=off, and still deletes old pseudonyms', async () => {
    await gallery.add('Ada', exampleOf(1));
    const before = entriesIn(folder).length;
    const silent = new AuditedGallery(
      (await openNpyGallery({ dataDir, contract })).gallery,
      auditTrail(join(dataDir, '.state'), false),
    );
    expect(await silent.removePerson('Ada')).toMatchObject({ line: null });
    expect(entriesIn(folder)).toHaveLength(before);
    expect(everything()).not.toContain('Ada');
  });
});
