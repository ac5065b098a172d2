import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import type { Gallery } from '../../../src/gallery/gallery.js';
import { MAX_NEGATIVES } from '../../../src/gallery/negatives.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { startPglite, type TestPglite } from '../../helpers/pglite.js';
import { hasPostgres, needsPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negated,
  negativeOf,
  numbered,
  removeTemporaryFolders,
  said,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../helpers/postgres-fixture.js';

/** Where a gallery lies; it can be opened again and again. */
interface Place {
  open(): Promise<Gallery>;
  close(): Promise<void>;
}

const STAFF = { id: 'E-1815', metadata: { floor: 3, keys: ['a', null] }, groups: ['night', 'staff'] };
const NOTHING = { id: null, metadata: {}, groups: [] };

let postgres: TestPostgres | null = null;
let pglite: TestPglite | null = null;
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await pglite?.stop();
  removeTemporaryFolders();
});

function inFiles(): Promise<Place> {
  const dataDir = temporaryFolder();
  return Promise.resolve({
    open: async () => (await openNpyGallery({ dataDir, contract })).gallery,
    close: () => Promise.resolve(),
  });
}

async function inPostgres(): Promise<Place> {
  const url = await postgres!.newDatabase();
  return { open: async () => (await openPg(url)).gallery, close: closeAll };
}

async function inPgvector(): Promise<Place> {
  const running = (pglite ??= await startPglite());
  return {
    open: async () => (await openPg(running.url, { searches: true })).gallery,
    async close() {
      await closeAll();
      await running.empty();
    },
  };
}

const KINDS = [
  { kind: 'files', make: inFiles, isHere: true, why: '' },
  { kind: 'PostgreSQL', make: inPostgres, isHere: hasPostgres, why: needsPostgres },
  { kind: 'PostgreSQL that searches', make: inPgvector, isHere: true, why: '' },
];

describe.each(KINDS)('a gallery in $kind $why', ({ make, isHere }) => {
  describe.skipIf(!isHere)('as every gallery', () => {
    let place: Place;
    let gallery: Gallery;
    beforeEach(async () => {
      place = await make();
      gallery = await place.open();
    });
    afterEach(() => place.close());

    it('finds similar names, after every kind of change', async () => {
      await gallery.add('José', exampleOf(1));
      expect(gallery.similarNames('José')).toEqual([]);
      await gallery.add('Jose', exampleOf(2));
      await gallery.rename('José', 'JOSÉ');
      await gallery.put(wholePerson('Ada', STAFF, 3));
      expect(gallery.similarNames('jose')).toEqual(['JOSÉ', 'Jose']);
      expect(gallery.similarNames(' ada ')).toEqual(['Ada']);
      await gallery.merge('Jose', 'JOSÉ');
      await gallery.removePerson('Ada');
      expect([gallery.similarNames('jose'), gallery.similarNames('ada')]).toEqual([['JOSÉ'], []]);
      expect((await place.open()).similarNames('jose')).toEqual(['JOSÉ']);
    });

    it('keeps examples in their order, with their crops, over a restart', async () => {
      for (const number of [3, 1, 2]) await gallery.add('Ada', exampleOf(number));
      const { example } = await gallery.add('Grace', exampleOf(4));
      expect(example).toMatchObject({ details: exampleOf(4).details });
      expect((await gallery.embeddedPerson('Grace')).examples[0].embedding).toEqual(vectorOf(4));
      expect(example.id).toMatch(/^[0-9a-f]{16}$/);
      expect(example.crop).toContain('.jpg');
      expect(example.addedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      const again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(await contentsOf(again)).toEqual({ Ada: numbered(3, 1, 2), Grace: numbered(4) });
    });

    it('takes writes that come all at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => gallery.add(i % 2 ? 'Ada' : 'Grace', exampleOf(i))));
      const contents = await contentsOf(await place.open());
      expect(contents.Grace).toEqual(numbered(0, 2, 4, 6, 8, 10, 12, 14, 16, 18));
      expect(contents.Ada).toEqual(numbered(1, 3, 5, 7, 9, 11, 13, 15, 17, 19));
    });

    it('takes several examples in one change, with what is said of the person, or none of them', async () => {
      await gallery.add('Grace', exampleOf(9), STAFF);
      const { version } = gallery;
      const added = await gallery.addAll('Ada', [exampleOf(3), exampleOf(1)], { groups: ['choir'] });
      expect(gallery.version).toBe(version + 1);
      expect(added.map(({ example }) => example)).toEqual(gallery.person('Ada').examples);
      await gallery.addAll('Ada', [exampleOf(2)]);
      await expect(gallery.addAll('Ada', [exampleOf(4)], { id: STAFF.id })).rejects.toThrow('E-1815');
      const broken = { ...exampleOf(5), embedding: vectorOf(5, 6) };
      await expect(gallery.addAll('Ada', [exampleOf(4), broken])).rejects.toThrow('4 finite values');
      const ada = [...said({ ...NOTHING, groups: ['choir'] }), ...numbered(3, 1, 2)];
      expect((await contentsOf(gallery)).Ada).toEqual(ada);
      expect((await contentsOf(await place.open())).Ada).toEqual(ada);
    });

    it('asks what to say when the change has its turn, and changes nothing where that is refused', async () => {
      const refusal = new RostroError('person_exists', 'It is somebody else’s.');
      await Promise.all([
        gallery.add('Ada', exampleOf(1), (known) => ({ groups: [known ? 'late' : 'first'] })),
        gallery.add('Ada', exampleOf(2), (known) => ({ groups: [...known!.groups, 'second'] })),
      ]);
      const refuse = () => {
        throw refusal;
      };
      for (const name of ['Ada', 'Eve']) await expect(gallery.add(name, exampleOf(3), refuse)).rejects.toBe(refusal);
      const ada = [...said({ ...NOTHING, groups: ['first', 'second'] }), ...numbered(1, 2)];
      expect(await contentsOf(gallery)).toEqual({ Ada: ada });
      expect(await contentsOf(await place.open())).toEqual({ Ada: ada });
    });

    it('describes a person after what is said of them when the change has its turn', async () => {
      await gallery.add('Ada', exampleOf(1), { groups: ['first'] });
      const join = (group: string) => gallery.describe('Ada', (known) => ({ groups: [...known!.groups, group] }));
      await Promise.all([join('second'), join('third')]);
      expect(gallery.person('Ada').groups).toEqual(['first', 'second', 'third']);
      const refuse = () => {
        throw new RostroError('forbidden', 'It is somebody else’s.');
      };
      await expect(gallery.describe('Ada', refuse)).rejects.toMatchObject({ code: 'forbidden' });
      expect((await place.open()).people()).toEqual(gallery.people());
    });

    it('is not touched when the caller writes over its vector later', async () => {
      const example = exampleOf(1);
      const added = gallery.add('Ada', example);
      example.embedding.fill(9);
      await added;
      expect((await gallery.embeddedPerson('Ada')).examples[0].embedding).toEqual(vectorOf(1));
      expect((await (await place.open()).embeddedPerson('Ada')).examples[0].embedding).toEqual(vectorOf(1));
    });

    it('refuses a vector of another length or without numbers, and details that are none', async () => {
      const bad = [vectorOf(1, 5), Float32Array.of(NaN, 0, 0, 0)];
      for (const embedding of bad) {
        await expect(gallery.add('Ada', { ...exampleOf(1), embedding })).rejects.toThrow('4 finite values');
      }
      const details = { ...exampleOf(1).details, confidence: NaN };
      await expect(gallery.add('Ada', { ...exampleOf(1), details })).rejects.toThrow('expected number');
      expect(gallery.people()).toEqual([]);
      expect((await place.open()).people()).toEqual([]);
      await gallery.add('Ada', exampleOf(1));
    });

    it('gives everyone in the order of their names', async () => {
      for (const name of ['Zoë', 'ada', 'Ada', 'Émile', 'Eve', '山田']) await gallery.add(name, exampleOf(1));
      expect(gallery.people().map(({ name }) => name)).toEqual(['ada', 'Ada', 'Émile', 'Eve', 'Zoë', '山田']);
    });

    it('counts its version up with every change, and only then', async () => {
      const start = gallery.version;
      const { example } = await gallery.add('Ada', exampleOf(1));
      await gallery.add('Ada', exampleOf(2));
      await gallery.rename('Ada', 'Eve');
      await gallery.rename('Eve', 'Eve');
      await gallery.removeExample('Eve', example.id);
      await expect(gallery.removePerson('Ada')).rejects.toMatchObject({ code: 'person_not_found' });
      expect(gallery.version).toBe(start + 4);
    });

    it('says who or what is not there', async () => {
      await gallery.add('Ada', exampleOf(1));
      const nobody = { code: 'person_not_found', message: 'Nobody called "Eve" is enrolled.' };
      expect(() => gallery.person('Eve')).toThrow(expect.objectContaining(nobody));
      await expect(gallery.crop('Eve', 'x')).rejects.toMatchObject(nobody);
      await expect(gallery.rename('Eve', 'Ada')).rejects.toMatchObject(nobody);
      await expect(gallery.removeExample('Eve', 'x')).rejects.toMatchObject(nobody);
      await expect(gallery.describe('Eve', {})).rejects.toMatchObject(nobody);
      const noExample = { code: 'example_not_found', message: '"Ada" has no example "x".' };
      await expect(gallery.crop('Ada', 'x')).rejects.toMatchObject(noExample);
      await expect(gallery.removeExample('Ada', 'x')).rejects.toMatchObject(noExample);
    });

    it('renames, and refuses the name of someone else', async () => {
      const { example } = await gallery.add('Ada', exampleOf(1), STAFF);
      await gallery.add('Eve', exampleOf(2));
      const message = '"Eve" is already enrolled.';
      await expect(gallery.rename('Ada', 'Eve')).rejects.toMatchObject({ code: 'person_exists', message });
      const renamed = await gallery.rename('Ada', 'Ada Lovelace');
      expect(renamed).toMatchObject({ name: 'Ada Lovelace', ...STAFF, examples: [{ id: example.id }] });
      await gallery.add('Ada', exampleOf(3));
      const again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(Buffer.from(await again.crop('Ada Lovelace', example.id)).toString()).toBe('crop 1');
      expect((await contentsOf(again)).Ada).toEqual(numbered(3));
    });

    it('takes one example away, and the person with the last', async () => {
      const ids: string[] = [];
      for (const number of [1, 2, 3]) ids.push((await gallery.add('Ada', exampleOf(number))).example.id);
      await gallery.add('Eve', exampleOf(4));
      await gallery.removeExample('Ada', ids[1]);
      expect((await contentsOf(await place.open())).Ada).toEqual(numbered(1, 3));
      await gallery.removeExample('Ada', ids[0]);
      await gallery.removeExample('Ada', ids[2]);
      expect(await contentsOf(gallery)).toEqual({ Eve: numbered(4) });
      await gallery.removePerson('Eve');
      expect((await place.open()).people()).toEqual([]);
    });

    it('keeps what is said of people, as far as it is given', async () => {
      await gallery.add('Ada', exampleOf(1), STAFF);
      const [before, version] = [gallery.person('Ada'), gallery.version];
      expect(await gallery.describe('Ada', { metadata: { keys: ['a', null], floor: 3 } })).toBe(before);
      expect(gallery.version).toBe(version);
      const after = await gallery.describe('Ada', { id: null, groups: ['x', 'x', 'a'] });
      expect(after).toEqual({ ...before, id: null, groups: ['a', 'x'] });
      expect(before).toMatchObject(STAFF);
      expect((await place.open()).people()).toEqual([after]);
    });

    it('refuses an id that is somebody else’s, and gives one that is free again', async () => {
      await gallery.add('Ada', exampleOf(1), { id: '7' });
      await gallery.add('Eve', exampleOf(2));
      const refusal = { code: 'id_taken', details: { name: 'Ada' } };
      await expect(gallery.describe('Eve', { id: '7', groups: ['x'] })).rejects.toMatchObject(refusal);
      await expect(gallery.add('New', exampleOf(3), { id: '7' })).rejects.toMatchObject(refusal);
      await expect(gallery.put(wholePerson('New', { ...NOTHING, id: '7' }, 3))).rejects.toMatchObject(refusal);
      expect(await contentsOf(await place.open())).toEqual({
        Ada: [...said({ ...NOTHING, id: '7' }), ...numbered(1)],
        Eve: numbered(2),
      });
      await gallery.describe('Ada', { id: '8' });
      await gallery.describe('Eve', { id: '7' });
      await gallery.removePerson('Eve');
      await gallery.describe('Ada', { id: '7' });
    });

    it('merges two people into one, whatever their ids', async () => {
      await gallery.put(wholePerson('Ada', { id: '1', metadata: { a: 1, b: 1 }, groups: ['x', 'y'] }, 1, 2));
      await gallery.put(wholePerson('Eve', { id: null, metadata: { b: 2, c: 2 }, groups: ['z', 'x'] }, 2, 3));
      const merged = await gallery.merge('Ada', 'Eve');
      expect(merged).toMatchObject({ name: 'Eve', id: '1', metadata: { a: 1, b: 2, c: 2 }, groups: ['x', 'y', 'z'] });
      const again = await place.open();
      expect(again.people()).toEqual([merged]);
      expect((await contentsOf(again)).Eve.slice(1)).toEqual(numbered(2, 3, 1, 2));
      expect(new Set(again.person('Eve').examples.map(({ id }) => id)).size).toBe(4);
      await expect(gallery.merge('Eve', 'Eve')).rejects.toMatchObject({ code: 'bad_request' });
      await expect(gallery.merge('Eve', 'Ada')).rejects.toMatchObject({ code: 'person_not_found' });
    });

    it('moves an example to another person, who may have its id', async () => {
      await gallery.put(wholePerson('Ada', NOTHING, 1, 2));
      await gallery.put(wholePerson('Eve', NOTHING, 2, 3));
      const [{ id: one }, { id: two }] = gallery.person('Ada').examples;
      await gallery.moveExample('Ada', two, 'Eve');
      const again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(await contentsOf(again)).toEqual({ Ada: numbered(1), Eve: numbered(2, 3, 2) });
      expect(new Set(again.person('Eve').examples.map(({ id }) => id)).size).toBe(3);
      expect(again.person('Eve').examples[2]).toMatchObject({ addedAt: '2024-02-29T12:00:00.000Z' });
      const refusals = [
        { move: gallery.moveExample('Ada', one, 'Eve'), code: 'bad_request' },
        { move: gallery.moveExample('Eve', two, 'Eve'), code: 'bad_request' },
        { move: gallery.moveExample('Ada', 'unknown', 'Eve'), code: 'example_not_found' },
        { move: gallery.moveExample('Eve', two, 'Nobody'), code: 'person_not_found' },
      ];
      for (const { move, code } of refusals) await expect(move).rejects.toMatchObject({ code });
    });

    it('keeps consent, expiry and cover through every change, and takes them away', async () => {
      const consent = { basis: 'consent', date: '2026-09-01', note: 'Folder 12' } as const;
      const { example } = await gallery.add('Ada', exampleOf(1), { consent, expires: '2027-12-31' });
      await gallery.add('Ada', exampleOf(2));
      await gallery.describe('Ada', { cover: example.id });
      await gallery.rename('Ada', 'Augusta');
      const further = { consent, expires: '2027-12-31', cover: example.id };
      let again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(again.person('Augusta')).toMatchObject(further);
      await gallery.add('Eve', exampleOf(3), { expires: '2026-01-01' });
      await gallery.merge('Augusta', 'Eve');
      again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      const { consent: kept, expires, cover } = again.person('Eve');
      expect({ kept, expires, cover }).toEqual({ kept: consent, expires: '2026-01-01', cover: undefined });
      await gallery.describe('Eve', { consent: null });
      expect((await place.open()).person('Eve')).toMatchObject({ expires: '2026-01-01' });
      expect((await place.open()).person('Eve').consent).toBeUndefined();
      await gallery.put(wholePerson('Eve', { ...NOTHING, consent }, 4));
      again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(again.person('Eve')).toMatchObject({ consent });
      expect(again.person('Eve').expires).toBeUndefined();
    });

    it('takes a whole person in place of who bears the name', async () => {
      const whole = wholePerson('Ada', STAFF, 1, 2);
      const [first, second] = whole.examples;
      const details = { ...first.details!, photoHash: 'ab'.repeat(32) };
      const png = Buffer.from('\x89PNG and so on', 'latin1');
      const examples = [
        { ...first, crop: null, details },
        { ...second, crop: png },
      ];
      await gallery.put({ ...whole, examples });
      let again = await place.open();
      expect(again.people()).toEqual(gallery.people());
      expect(await again.embeddedPerson('Ada')).toMatchObject({
        ...STAFF,
        examples: [{ ...first, crop: null, details }, {}],
      });
      expect(again.person('Ada').examples[1].crop).toContain('.png');
      expect(Buffer.from(await again.crop('Ada', second.id))).toEqual(png);
      await expect(again.crop('Ada', first.id)).rejects.toMatchObject({
        code: 'example_not_found',
        message: 'No photo was kept of this example of "Ada".',
      });
      await gallery.put(wholePerson('Ada', NOTHING, 2, 4, 1));
      again = await place.open();
      expect(await contentsOf(again)).toEqual({ Ada: numbered(2, 4, 1) });
      await expect(gallery.put({ ...whole, examples: [] })).rejects.toThrow('at least one');
      await expect(gallery.put({ ...whole, examples: [first, first] })).rejects.toThrow('same id');
    });

    describe('with negatives', () => {
      beforeEach(async () => {
        await gallery.addAll('Ada', [exampleOf(1), exampleOf(2)], STAFF);
        await gallery.add('Eve', exampleOf(3));
      });

      it('keeps them apart from the examples, over every change of the person and a restart', async () => {
        const [{ id: nearest }] = gallery.person('Ada').examples;
        const { version } = gallery;
        const added = await gallery.negatives.add('Ada', { ...negativeOf(1.5), nearest });
        expect(gallery.version).toBe(version + 1);
        expect(gallery.person('Ada').negatives).toEqual([added]);
        expect(added).toMatchObject({ nearest, details: exampleOf(1).details, embedding: vectorOf(1.5) });
        expect(added.crop).toContain('.jpg');
        await gallery.negatives.add('Ada', negativeOf(1.4));
        await gallery.add('Ada', exampleOf(4));
        await gallery.describe('Ada', { groups: ['day'] });
        await gallery.rename('Ada', 'Augusta');
        const expected = [...numbered(1, 2, 4), ...negated(1.5, 1.4)];
        for (const one of [gallery, await place.open()]) {
          expect((await contentsOf(one)).Augusta.slice(1)).toEqual(expected);
          expect(one.people()[0]).toMatchObject({ name: 'Augusta', negatives: [{ id: added.id, nearest }, {}] });
          expect(one.person('Eve').negatives).toBeUndefined();
        }
      });

      it('takes one away, gives one another embedding, and says which is not there', async () => {
        const { id } = await gallery.negatives.add('Ada', negativeOf(5));
        await gallery.negatives.add('Ada', negativeOf(6));
        await gallery.negatives.embed('Ada', id, vectorOf(7));
        const again = await place.open();
        expect(again.person('Ada').negatives![0]).toMatchObject({ id, embedding: vectorOf(7) });
        await gallery.negatives.remove('Ada', id);
        expect((await contentsOf(await place.open())).Ada.slice(1)).toEqual([...numbered(1, 2), ...negated(6)]);
        const missing = { code: 'example_not_found' };
        await expect(gallery.negatives.remove('Ada', id)).rejects.toMatchObject(missing);
        await expect(gallery.negatives.crop('Ada', id)).rejects.toMatchObject(missing);
        await expect(gallery.negatives.embed('Ada', id, vectorOf(7))).rejects.toMatchObject(missing);
        await expect(gallery.negatives.add('Nobody', negativeOf(1))).rejects.toMatchObject({
          code: 'person_not_found',
        });
        await expect(gallery.negatives.add('Ada', { ...negativeOf(1), embedding: vectorOf(1, 6) })).rejects.toThrow(
          'finite values',
        );
        await gallery.removePerson('Ada');
        await gallery.add('Ada', exampleOf(1));
        expect((await place.open()).person('Ada').negatives).toBeUndefined();
      });

      it('drops at a merge those that may show the other person', async () => {
        await gallery.negatives.add('Ada', negativeOf(1.2));
        await gallery.negatives.add('Ada', negativeOf(3.01));
        await gallery.negatives.add('Eve', negativeOf(3.2));
        await gallery.negatives.add('Eve', negativeOf(1.1));
        const merged = await gallery.merge('Ada', 'Eve');
        const expected = [...numbered(3, 1, 2), ...negated(3.2, 1.2)];
        for (const one of [gallery, await place.open()]) {
          expect((await contentsOf(one)).Eve.slice(1)).toEqual(expected);
          expect(one.people()).toEqual([merged]);
        }
      });

      it('refuses more than the limit, and takes all of them in one write', async () => {
        const full = (number: number) => ({
          ...negativeOf(number),
          id: `${number}`.padStart(16, '0'),
          addedAt: '2026-02-03T04:05:06.000Z',
        });
        const negatives = Array.from({ length: MAX_NEGATIVES }, (_, i) => full(i));
        await gallery.put({
          ...wholePerson('Ada', STAFF, 1),
          negatives: [...negatives.slice(1), { ...full(0), embedding: null }],
        });
        const again = await place.open();
        expect(again.person('Ada').negatives).toEqual(gallery.person('Ada').negatives);
        expect(again.person('Ada').negatives!.at(-1)).toMatchObject({ id: full(0).id, embedding: null });
        await expect(again.negatives.add('Ada', negativeOf(1))).rejects.toMatchObject({ code: 'too_many_negatives' });
        await gallery.put(wholePerson('Ada', STAFF, 1));
        expect((await contentsOf(await place.open())).Ada.slice(1)).toEqual(numbered(1));
      });
    });

    it('tells when a person was written, that it can be written, and takes nothing once it is closed', async () => {
      const before = Date.now();
      await gallery.add('Ada', exampleOf(1));
      const at = (await gallery.writtenAt('Ada')).getTime();
      expect(at).toBeGreaterThan(before - 1000);
      expect(at).toBeLessThan(Date.now() + 1000);
      expect(await gallery.isWritable()).toBe(true);
      const last = gallery.add('Eve', exampleOf(2));
      await gallery.close();
      expect((await last).example.id).toBeDefined();
      await expect(gallery.add('Eve', exampleOf(3))).rejects.toMatchObject({ code: 'storage_failed' });
      expect(await contentsOf(await place.open())).toEqual({ Ada: numbered(1), Eve: numbered(2) });
    });
  });
});
