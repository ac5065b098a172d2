import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  bytesOf,
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  filesOf,
  numbered,
  put,
  removeTemporaryFolders,
  said,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

const STAFF = { id: 'E-1815', metadata: { floor: 3, keys: ['a', null] }, groups: ['night', 'staff'] };
const NOTHING = { id: null, metadata: {}, groups: [] };

let dataDir: string;
let gallery: Gallery;
beforeEach(async () => {
  dataDir = temporaryFolder();
  gallery = await open();
});

async function open(): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract })).gallery;
}

describe('details of a person', () => {
  it('are empty at first, and survive a restart, a rename and further examples', async () => {
    await gallery.add('Ada', exampleOf(1));
    expect(gallery.person('Ada')).toMatchObject(NOTHING);
    await gallery.describe('Ada', { ...STAFF, groups: ['staff', 'night', 'staff'] });
    await gallery.rename('Ada', 'Augusta');
    const { example } = await gallery.add('Augusta', exampleOf(2));
    await gallery.removeExample('Augusta', example.id);
    expect(gallery.person('Augusta')).toMatchObject(STAFF);
    const again = await open();
    expect(again.people()).toEqual(gallery.people());
    expect(filesIn(dataDir)).toEqual(filesOf(again));
  });

  it('share the examples of a group with the groups that are added, not those of a group that was left', async () => {
    const of = (number: number, groups?: string[]) => {
      const example = exampleOf(number);
      return { ...example, details: { ...example.details, ...(groups && { groups }) } };
    };
    await gallery.addAll('Ada', [of(1), of(2, ['staff']), of(3, ['roof'])], { groups: ['staff'] });
    await gallery.describe('Ada', { groups: ['night', 'staff'] });
    const groups = () => gallery.person('Ada').examples.map(({ details }) => details?.groups);
    expect(groups()).toEqual([undefined, ['staff', 'night'], ['roof']]);
    await gallery.add('Ada', of(4, ['night']), (known) => ({ groups: [...known!.groups, 'day'] }));
    expect(groups()).toEqual([undefined, ['staff', 'night', 'day'], ['roof'], ['night']]);
    await gallery.describe('Ada', { groups: ['day'] });
    expect(groups()).toEqual([undefined, ['staff', 'night', 'day'], ['roof'], ['night']]);
    expect((await open()).people()).toEqual(gallery.people());
  });

  it('change only the given fields, in a new object, and increment the version only if they differ', async () => {
    await gallery.add('Ada', exampleOf(1), STAFF);
    const [before, version] = [gallery.person('Ada'), gallery.version];
    expect(await gallery.describe('Ada', { metadata: { keys: ['a', null], floor: 3 } })).toBe(before);
    expect(gallery.version).toBe(version);
    const after = await gallery.describe('Ada', { id: null, groups: [] });
    expect(after).toEqual({ ...before, id: null, groups: [] });
    expect(before).toMatchObject(STAFF);
    expect(gallery.version).toBe(version + 1);
  });

  it('refuse an id of another person, and accept one that is free again', async () => {
    await gallery.add('Ada', exampleOf(1), { id: '7' });
    await gallery.add('Eve', exampleOf(2));
    const refusal = { code: 'id_taken', message: 'The id "7" is that of "Ada" already.', details: { name: 'Ada' } };
    await expect(gallery.describe('Eve', { id: '7', groups: ['x'] })).rejects.toMatchObject(refusal);
    await expect(gallery.add('New', exampleOf(3), { id: '7' })).rejects.toMatchObject(refusal);
    await expect(gallery.put(wholePerson('New', { ...NOTHING, id: '7' }, 3))).rejects.toMatchObject(refusal);
    expect(await contentsOf(gallery)).toEqual({
      Ada: [...said({ ...NOTHING, id: '7' }), ...numbered(1)],
      Eve: numbered(2),
    });
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
    await gallery.describe('Ada', { id: '8' });
    await gallery.describe('Eve', { id: '7' });
    await gallery.removePerson('Eve');
    await gallery.describe('Ada', { id: '7' });
    await expect(gallery.describe('Eve', { id: '9' })).rejects.toMatchObject({ code: 'person_not_found' });
  });

  it('are empty in files of older versions', async () => {
    await gallery.add('Ada', exampleOf(1));
    const { version, id, metadata, groups, ...first } = JSON.parse(
      bytesOf(dataDir, 'embeddings/Ada.json').toString(),
    ) as Record<string, unknown>;
    expect({ version, id, metadata, groups }).toEqual({ version: 2, ...NOTHING });
    put(dataDir, 'embeddings/Ada.json', JSON.stringify({ version: 1, ...first }));
    const { gallery: again, report } = await openNpyGallery({ dataDir, contract });
    expect(again.people()).toEqual(gallery.people());
    expect(report.quarantined).toEqual([]);
  });

  it('keep a duplicate id for one person only, and report it', async () => {
    await gallery.add('Ada', exampleOf(1), STAFF);
    for (const end of ['npy', 'json'])
      copyFileSync(join(dataDir, `embeddings/Ada.${end}`), join(dataDir, `embeddings/Eve.${end}`));
    const text = bytesOf(dataDir, 'embeddings/Eve.json').toString().replace('"Ada"', '"Eve"');
    put(dataDir, 'embeddings/Eve.json', text);
    const { gallery: again, report } = await openNpyGallery({ dataDir, contract });
    const ids = again.people().map(({ id }) => id);
    expect(ids.sort()).toEqual([STAFF.id, null]);
    expect(report.duplicateIds).toEqual(
      again
        .people()
        .filter(({ id }) => id === null)
        .map(({ name }) => name),
    );
  });
});

describe('merging two people', () => {
  it('completes the details of one with those of the other', async () => {
    await gallery.add('Ada', exampleOf(1), { id: '1', metadata: { a: 1, b: 1 }, groups: ['x', 'y'] });
    await gallery.add('Eve', exampleOf(2), { metadata: { b: 2, c: 2 }, groups: ['z', 'x'] });
    await gallery.add('Eve', exampleOf(3));
    const version = gallery.version;
    const merged = await gallery.merge('Ada', 'Eve');
    expect(merged).toMatchObject({ name: 'Eve', id: '1', metadata: { a: 1, b: 2, c: 2 }, groups: ['x', 'y', 'z'] });
    expect(gallery.version).toBeGreaterThan(version);
    const again = await open();
    expect(again.people()).toEqual([merged]);
    expect((await contentsOf(again)).Eve.slice(1)).toEqual(numbered(2, 3, 1));
    expect(filesIn(dataDir)).toEqual(filesOf(again));
    await gallery.add('Ada', exampleOf(4));
    await expect(gallery.describe('Ada', { id: '1' })).rejects.toMatchObject({ code: 'id_taken' });
  });

  it('supports equal example ids and equal rows', async () => {
    await gallery.put(wholePerson('Ada', NOTHING, 1, 2));
    await gallery.put(wholePerson('Eve', NOTHING, 2, 3));
    await gallery.merge('Eve', 'Ada');
    const again = await open();
    expect(await contentsOf(again)).toEqual({ Ada: numbered(1, 2, 2, 3) });
    const ids = again.person('Ada').examples.map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(filesIn(dataDir)).toEqual(filesOf(again));
  });

  it('refuses missing people and the same person', async () => {
    await gallery.add('Ada', exampleOf(1));
    const alone = { code: 'bad_request', message: '"Ada" cannot be merged with themselves.' };
    await expect(gallery.merge('Ada', 'Ada')).rejects.toMatchObject(alone);
    await expect(gallery.merge('Ada', 'Eve')).rejects.toMatchObject({ code: 'person_not_found' });
    await expect(gallery.merge('Eve', 'Ada')).rejects.toMatchObject({ code: 'person_not_found' });
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });
  });
});

describe('putting a person', () => {
  it('keeps ids, dates, details and crops', async () => {
    const whole = wholePerson('Ada', STAFF, 1, 2);
    const [first, second] = whole.examples;
    const details = { ...first.details!, photoHash: 'ab'.repeat(32) };
    const png = Buffer.from('\x89PNG and so on', 'latin1');
    await gallery.put({
      ...whole,
      examples: [
        { ...first, crop: null, details },
        { ...second, crop: png },
      ],
    });
    const again = await open();
    expect(again.person('Ada')).toEqual({
      name: 'Ada',
      ...STAFF,
      examples: [
        { ...first, crop: null, details },
        { ...second, crop: `uploads/Ada/${second.id}.png` },
      ],
    });
    expect(await again.crop('Ada', second.id)).toEqual(png);
    await expect(again.crop('Ada', first.id)).rejects.toMatchObject({ code: 'example_not_found' });
  });

  it('replaces the person of that name and reuses equal crops', async () => {
    await gallery.put(wholePerson('Ada', STAFF, 1, 2));
    const whole = wholePerson('Ada', NOTHING, 1, 2, 3);
    const [same, other, added] = whole.examples;
    const changed = { ...other, embedding: vectorOf(5), crop: Buffer.from('crop 5') };
    await gallery.put({ ...whole, examples: [changed, same, added] });
    const again = await open();
    expect(await contentsOf(again)).toEqual({ Ada: numbered(5, 1, 3) });
    const crops = again.person('Ada').examples.map(({ crop }) => crop);
    expect(crops[1]).toBe(`uploads/Ada/${same.id}.jpg`);
    expect(crops[0]).not.toBe(`uploads/Ada/${other.id}.jpg`);
    expect(filesIn(dataDir)).toEqual(filesOf(again));
    await again.put(wholePerson('Ada', NOTHING, 4));
    expect(filesIn(dataDir)).toEqual(filesOf(again));
  });

  it('refuses no examples, duplicate ids and ids that are no file names', async () => {
    const whole = wholePerson('Ada', NOTHING, 1);
    const [example] = whole.examples;
    await expect(gallery.put({ ...whole, examples: [] })).rejects.toThrow('at least one');
    await expect(gallery.put({ ...whole, examples: [example, example] })).rejects.toThrow('same id');
    await expect(gallery.put({ ...whole, examples: [{ ...example, id: '../x' }] })).rejects.toThrow('the id');
    await expect(gallery.put({ ...whole, examples: [{ ...example, embedding: vectorOf(1, 5) }] })).rejects.toThrow('4');
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
  });
});
