import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { resealFolder } from '../../../src/gallery/sealing/reseal.js';
import { sealingKey, type SealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, type Vault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { FileSightings } from '../../../src/history/files/file-sightings.js';
import { resealLogs, sealedHistoryFiles } from '../../../src/history/files/reseal.js';
import type { NewSighting } from '../../../src/history/sighting.js';
import { contract, exampleOf, removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';
import { itIsASightingStore } from '../../helpers/sighting-store-contract.js';
import { changeOf, daysAfter, faceOf, sightingOf } from '../../helpers/sightings.js';

afterAll(removeTemporaryFolders);

const [key, other] = [sealingKey(randomBytes(32)), sealingKey(randomBytes(32))];
const EVERYBODY = new Set(['Ada', 'Bea']);
let dataDir: string;
let stateDir: string;
let historyDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
  stateDir = join(dataDir, '.state');
  historyDir = join(stateDir, 'history');
});

const open = (vault: Vault = plainVault) => new FileSightings(stateDir, vault);
const everyone = () => true;
const logOf = (day: string) => join(historyDir, day, 'sightings.log');
const files = () => readdirSync(historyDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
const allBytes = () =>
  files()
    .map((one) => `${one.name}\n${readFileSync(join(one.parentPath, one.name), 'latin1')}`)
    .join('\n');

async function fill(store: FileSightings, ...sightings: NewSighting[]) {
  const faces = sightings.map(faceOf);
  for (const [i, sighting] of sightings.entries()) await store.add(sighting, faces[i], everyone);
  return faces;
}

describe.each([
  ['plain', () => plainVault],
  ['encrypted', () => vaultOf([key])],
])('sightings in %s files', (_, vault) => {
  itIsASightingStore(async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract, vault: vault() });
    for (const [i, name] of [...EVERYBODY].entries()) await gallery.add(name, exampleOf(i));
    return { store: open(vault()), gallery };
  });

  it('are there after a restart, with their names, changes and faces', async () => {
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf({ at: daysAfter(1) })];
    const store = open(vault());
    await fill(store, ada, stranger);
    await store.update(ada.id, { ...changeOf(ada), looks: 12 }, null);
    await store.renaming('Ada', 'Ada King', () => Promise.resolve());
    const again = open(vault());
    expect(await again.recover(new Set(['Ada King']))).toEqual([]);
    expect(await again.get(ada.id)).toEqual({
      ...ada,
      person: 'Ada King',
      looks: 12,
      hasCrop: true,
      stranger: null,
      mark: null,
    });
    expect((await again.face(stranger.id))?.crop).toHaveLength(600);
  });

  it('leave no byte of a person who was erased, in no file', async () => {
    const store = open(vault());
    const own = [sightingOf({ person: 'Ada' }), sightingOf({ at: daysAfter(1), person: 'Ada' })];
    const others = [sightingOf(), sightingOf({ at: daysAfter(2) })];
    const faces = await fill(store, ...own, ...others);
    await store.update(own[0].id, { ...changeOf(own[0]), looks: 7 }, null);
    const bytesOf = (face: (typeof faces)[number]) => [
      Buffer.from(face.crop).toString('latin1', 0, 12),
      Buffer.from(face.embedding!.vector.buffer).toString('latin1', 0, 12),
    ];
    const pieces = [...faces.slice(0, 2).flatMap(bytesOf), 'Ada', ...own.map(({ id }) => id)];
    if (vault() === plainVault) expect(pieces.filter((piece) => !allBytes().includes(piece))).toEqual([]);
    await store.erasing('Ada', () => Promise.resolve());
    expect(pieces.filter((piece) => allBytes().includes(piece))).toEqual([]);
    expect(files().filter(({ name }) => name.endsWith('.face'))).toHaveLength(2);
    expect(existsSync(join(historyDir, '2026-03-02'))).toBe(false);
    const kept = vault() === plainVault ? faces.slice(2).flatMap(bytesOf) : others.map(({ id }) => id);
    expect(kept.filter((piece) => !allBytes().includes(piece))).toEqual([]);
  });
});

describe('sightings in files', () => {
  it('write nothing before the first sighting, and only encrypted files with a key', async () => {
    const store = open(vaultOf([key]));
    expect([await store.recover(EVERYBODY), await store.remove({}), existsSync(stateDir)]).toEqual([[], 0, false]);
    const [face] = await fill(store, sightingOf({ person: 'Ada', camera: 'front-door' }));
    const crop = Buffer.from(face.crop).toString('latin1', 0, 12);
    expect(['Ada', 'front-door', crop].filter((piece) => allBytes().includes(piece))).toEqual([]);
    await expect(open(vaultOf([other])).summary()).rejects.toMatchObject({ code: 'encryption_key_wrong' });
    await expect(open().summary()).rejects.toMatchObject({ code: 'encryption_key_wrong' });
  });

  it('drop a line that was interrupted, and go on after it', async () => {
    const [one, two, three] = [sightingOf(), sightingOf(), sightingOf()];
    await fill(open(), one, two);
    const text = readFileSync(logOf('2026-03-01'), 'latin1');
    writeFileSync(logOf('2026-03-01'), text.slice(0, -9));
    const store = open();
    expect(await store.recover(EVERYBODY)).toEqual([]);
    expect([await store.get(two.id), files().filter(({ name }) => name.includes(two.id))]).toEqual([null, []]);
    await fill(store, three);
    expect((await open().list({}, { limit: 9 })).map(({ id }) => id).sort()).toEqual([one.id, three.id].sort());
  });

  it('leave out damaged lines and say how many, and delete faces without a line', async () => {
    const sighting = sightingOf();
    await fill(open(), sighting);
    appendFileSync(logOf('2026-03-01'), `${sightingOf().id} {"source":"camera"}\nnonsense\n`);
    writeFileSync(join(historyDir, '2026-03-01', `${sightingOf().id}.face`), 'left by a stop');
    writeFileSync(join(historyDir, '2026-03-01', 'x.tmp'), 'the same');
    const store = open();
    expect(await store.recover(EVERYBODY)).toEqual(['2 lines of the history are damaged and are left out']);
    expect(files().map(({ name }) => name)).toEqual(expect.arrayContaining([`${sighting.id}.face`, 'sightings.log']));
    expect([files().length, (await store.summary()).count]).toEqual([2, 1]);
  });

  it('finish a rename that the gallery made before a stop, and undo one that it did not', async () => {
    const [ada, bea] = [sightingOf({ person: 'Ada' }), sightingOf({ person: 'Bea' })];
    const store = open();
    await fill(store, ada, bea);
    const never = new Promise<never>(() => undefined);
    void store.renaming('Ada', 'Ada King', () => never);
    await expect.poll(() => readFileSync(join(historyDir, 'people.json'), 'utf8')).toContain('Ada King');
    const made = open();
    expect(await made.recover(new Set(['Ada King', 'Bea']))).toEqual([]);
    expect((await made.get(ada.id))?.person).toBe('Ada King');
    void made.renaming('Bea', 'Bea King', () => never);
    await expect.poll(() => readFileSync(join(historyDir, 'people.json'), 'utf8')).toContain('Bea King');
    const notMade = open();
    await notMade.recover(new Set(['Ada King', 'Bea']));
    expect((await notMade.get(bea.id))?.person).toBe('Bea');
    expect(readFileSync(join(historyDir, 'people.json'), 'utf8')).not.toContain('Bea King');
  });

  it('go with people who were removed while nothing ran', async () => {
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf()];
    await fill(open(), ada, stranger);
    const store = open();
    expect(await store.recover(new Set(['Bea']))).toEqual([
      '1 sightings of people who are not enrolled any more were erased',
    ]);
    expect([(await store.summary()).count, allBytes().includes('Ada')]).toEqual([1, false]);
  });

  it('are encrypted, encrypted anew and decrypted', async () => {
    const sightings = [sightingOf({ person: 'Ada', camera: 'Tür' }), sightingOf({ at: daysAfter(1) })];
    const [face] = await fill(open(), ...sightings);
    const reseal = async (keys: SealingKey[], target: SealingKey | null) => {
      const extraFiles = sealedHistoryFiles(stateDir).map((file) => file.slice(dataDir.length + 1));
      const { changed } = await resealFolder({ dataDir, extraFiles, keys, target });
      return [changed, (await resealLogs(stateDir, { keys, target })).changed];
    };
    const steps: [SealingKey[], SealingKey | null, Vault][] = [
      [[key], key, vaultOf([key])],
      [[key, other], other, vaultOf([other])],
      [[other], null, plainVault],
    ];
    for (const [keys, target, vault] of steps) {
      expect(await reseal(keys, target)).toEqual([3, 2]);
      expect(await reseal(keys, target)).toEqual([0, 0]);
      expect(allBytes().includes('Ada')).toBe(target === null);
      expect(await open(vault).get(sightings[0].id)).toEqual({
        ...sightings[0],
        hasCrop: true,
        stranger: null,
        mark: null,
      });
      expect(Buffer.from((await open(vault).face(sightings[0].id))!.crop!).equals(face.crop)).toBe(true);
    }
  });
});
