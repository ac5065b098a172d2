import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { nodeDisk, type Disk } from '../../../../src/gallery/files/disk.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { createKeyFile, readKeys } from '../../../../src/gallery/sealing/key-file.js';
import { resealFolder } from '../../../../src/gallery/sealing/reseal.js';
import { sealedDisk, vaultOf } from '../../../../src/gallery/sealing/vault.js';
import type { SealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { quarantinedPeople } from '../../../../src/gallery/files/repair.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { faultyDisk, stoppingAt } from '../../../helpers/faulty-disk.js';
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
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterAll(removeTemporaryFolders);

const key = sealingKey(randomBytes(32));
const other = sealingKey(randomBytes(32));
let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});

const open = (...keys: SealingKey[]) => openNpyGallery({ dataDir, contract, vault: vaultOf(keys) });

async function enrolThree(...keys: SealingKey[]): Promise<void> {
  const { gallery } = await open(...keys);
  for (const number of [1, 2]) await gallery.add('Ada', exampleOf(number));
  await gallery.add('Eve', exampleOf(3));
}

/** Random file names by person, from the paths of their crops. */
function stemsOf(gallery: Pick<Gallery, 'people'>): Record<string, string> {
  return Object.fromEntries(gallery.people().map(({ name, examples }) => [name, examples[0].crop!.split('/')[1]]));
}

const EVERYONE = { Ada: numbered(1, 2), Eve: numbered(3) };

describe('an encrypted gallery', () => {
  it('supports every operation and stores no plain text', async () => {
    await enrolThree(key);
    const { gallery } = await open(key);
    await gallery.rename('Eve', 'Grace');
    await gallery.removeExample('Ada', gallery.person('Ada').examples[0].id);
    await gallery.add('Zoe', exampleOf(4));
    await gallery.removePerson('Zoe');
    const again = (await open(key)).gallery;
    expect(await contentsOf(again)).toEqual({ Ada: numbered(2), Grace: numbered(3) });
    const stems = stemsOf(again);
    expect(filesIn(dataDir)).toEqual(filesOf(again, (name) => stems[name]));
    for (const file of filesIn(dataDir)) expect(file).toMatch(/^(?:embeddings|uploads)\/sealed~[0-9a-f]{32}[./]/);
    for (const file of filesIn(dataDir)) {
      const bytes = bytesOf(dataDir, file);
      expect(bytes.subarray(0, 6).toString('latin1')).toBe('RSEAL\x01');
      expect(bytes.includes('crop ')).toBe(false);
      expect(bytes.includes(Buffer.from(vectorOf(2).buffer))).toBe(false);
      expect(bytes.includes('facenet')).toBe(false);
    }
  });

  it.each([
    ['another key', () => open(other), /^embeddings\/sealed~\w+\.npy was encrypted with another key \([0-9a-f]{16}\)/],
    ['no key', () => open(), /^embeddings\/sealed~\w+\.npy is encrypted: set ENCRYPTION_KEY_FILE/],
  ])('stops the start with %s, and nothing is moved', async (_, start, message) => {
    await enrolThree(key);
    const before = filesIn(dataDir);
    await expect(start()).rejects.toMatchObject({
      code: 'encryption_key_wrong',
      message: expect.stringMatching(message) as string,
    });
    expect(filesIn(dataDir)).toEqual(before);
  });

  it('decrypts with any of several keys and encrypts with the first', async () => {
    await enrolThree(key);
    await (await open(other, key)).gallery.add('Zoe', exampleOf(4));
    const { gallery } = await open(key, other);
    expect(await contentsOf(gallery)).toEqual({ ...EVERYONE, Zoe: numbered(4) });
    const { Ada, Eve } = stemsOf(gallery);
    for (const stem of [Ada, Eve])
      for (const type of ['npy', 'json']) rmSync(join(dataDir, `embeddings/${stem}.${type}`));
    expect((await open(other)).gallery.people().map(({ name }) => name)).toEqual(['Zoe']);
  });

  it('refuses an unencrypted file', async () => {
    await enrolThree(key);
    const plain = temporaryFolder();
    const { gallery } = await openNpyGallery({ dataDir: plain, contract });
    await gallery.add('Mallory', exampleOf(9));
    for (const type of ['npy', 'json']) {
      cpSync(join(plain, `embeddings/Mallory.${type}`), join(dataDir, `embeddings/Mallory.${type}`));
    }
    const message = /^embeddings\/Mallory\.npy is not encrypted, though ENCRYPTION_KEY_FILE is set/;
    await expect(open(key)).rejects.toThrow(message);
  });

  it('detects swapped row files', async () => {
    await enrolThree(key);
    const { Ada, Eve } = stemsOf((await open(key)).gallery);
    cpSync(join(dataDir, `embeddings/${Eve}.npy`), join(dataDir, `embeddings/${Ada}.npy`));
    const { gallery, report } = await open(key);
    expect(await contentsOf(gallery)).toEqual({ Eve: numbered(3) });
    expect(report.quarantined[0].why).toMatch(
      /^embeddings\/sealed~\w+\.npy cannot be used: it is damaged, or its bytes were put/,
    );
  });

  it('detects a swapped crop', async () => {
    await enrolThree(key);
    const { gallery } = await open(key);
    const [ada] = gallery.person('Ada').examples;
    const [eve] = gallery.person('Eve').examples;
    renameSync(join(dataDir, eve.crop!), join(dataDir, ada.crop!));
    await expect(gallery.crop('Ada', ada.id)).rejects.toMatchObject({ code: 'gallery_corrupt' });
  });

  it('reads quarantined files under their original name', async () => {
    await enrolThree(key);
    const before = (await open(key)).gallery;
    const [{ crop }] = before.person('Eve').examples;
    const { Eve } = stemsOf(before);
    const npy = bytesOf(dataDir, `embeddings/${Eve}.npy`);
    rmSync(join(dataDir, `embeddings/${Eve}.npy`));
    const { report } = await open(key);
    for (const file of [`embeddings/${Eve}.json`, crop!]) {
      renameSync(join(dataDir, report.quarantined[0].to!, file), join(temporaryFolderFor(dataDir, file), file));
    }
    put(dataDir, `embeddings/${Eve}.npy`, npy);
    expect(await contentsOf((await open(key)).gallery)).toEqual(EVERYONE);
  });
});

function temporaryFolderFor(folder: string, file: string): string {
  put(folder, file, '');
  return folder;
}

describe('turning encryption on, off, and to another key', () => {
  const STEPS: [string, SealingKey[], SealingKey | null][] = [
    ['on', [], key],
    ['to another key', [key], other],
    ['off', [key], null],
  ];
  const afterwards = (target: SealingKey | null): SealingKey[] => (target ? [target] : []);
  const reseal = (from: SealingKey[], target: SealingKey | null, disk?: Disk) =>
    resealFolder({
      dataDir,
      extraFiles: ['.state/strangers.json'],
      keys: [...from, ...afterwards(target)],
      target,
      disk,
    });

  it.each(STEPS)('%s: everything is as it was', async (_, from, target) => {
    await enrolThree(...from);
    const before = filesIn(dataDir);
    put(dataDir, 'embeddings/.gitignore', '*');
    put(dataDir, '.state/strangers.json', Buffer.from(vaultOf(from).seal(Buffer.from('{}'), '.state/strangers.json')));
    expect(await reseal(from, target)).toEqual({ changed: before.length + 1, already: 0, unreadable: [] });
    expect(await reseal(from, target)).toEqual({ changed: 0, already: before.length + 1, unreadable: [] });
    expect(await contentsOf((await open(...afterwards(target))).gallery)).toEqual(EVERYONE);
    const state = vaultOf(afterwards(target)).open(bytesOf(dataDir, '.state/strangers.json'), '.state/strangers.json');
    expect(Buffer.from(state).toString()).toBe('{}');
    expect(bytesOf(dataDir, 'embeddings/.gitignore').toString()).toBe('*');
  });

  it.each(STEPS)('%s: goes on where it was stopped, at any step', async (_, from, target) => {
    await enrolThree(...from);
    const prepared = dataDir;
    for (let stop = 0; ; stop++) {
      dataDir = temporaryFolder();
      cpSync(prepared, dataDir, { recursive: true });
      const finished = await reseal(from, target, faultyDisk(stoppingAt(stop, true))).then(
        () => true,
        () => false,
      );
      if (from.length > 0 && target !== null) {
        expect(await contentsOf((await open(target, ...from)).gallery), `stopped at step ${stop}`).toEqual(EVERYONE);
      }
      await reseal(from, target);
      const { gallery } = await open(...afterwards(target));
      expect(await contentsOf(gallery)).toEqual(EVERYONE);
      const stems = stemsOf(gallery);
      expect(filesIn(dataDir)).toEqual(filesOf(gallery, (name) => stems[name]));
      const expected = target === null ? /^(?:Ada|Eve)$/ : /^sealed~/;
      for (const stem of Object.values(stems)) expect(stem).toMatch(expected);
      if (finished) break;
    }
  });

  it('finishes an interrupted change made with either key', async () => {
    await enrolThree(key);
    const disk = faultyDisk(stoppingAt(12, false));
    const { gallery } = await openNpyGallery({ dataDir, contract, vault: vaultOf([key]), disk });
    await gallery.add('Zoe', exampleOf(4)).catch(() => undefined);
    expect(filesIn(dataDir)).toContain('embeddings/.rostro-journal.json');
    await reseal([key], other);
    expect([EVERYONE, { ...EVERYONE, Zoe: numbered(4) }]).toContainEqual(await contentsOf((await open(other)).gallery));
  });

  it('leaves damaged files unchanged and reports them', async () => {
    await enrolThree(key);
    const { Ada, Eve } = stemsOf((await open(key)).gallery);
    cpSync(join(dataDir, `embeddings/${Eve}.npy`), join(dataDir, `embeddings/${Ada}.npy`));
    const before = bytesOf(dataDir, `embeddings/${Ada}.npy`);
    expect((await reseal([key], other)).unreadable).toEqual([`embeddings/${Ada}.npy`]);
    expect(bytesOf(dataDir, `embeddings/${Ada}.npy`)).toEqual(before);
  });
});

describe('names in file names', () => {
  /** An encrypted gallery as an earlier version kept it, with names in the file names. */
  async function encryptedWithNames(): Promise<void> {
    await enrolThree();
    await resealFolder({ dataDir, extraFiles: [], keys: [key], target: key });
    expect(filesIn(dataDir).some((file) => file.includes('Ada'))).toBe(true);
  }

  it('are replaced at the first start with a key, and come back without one', async () => {
    await encryptedWithNames();
    const { gallery, report } = await open(key);
    expect(report.filesRenamed).toBe(2);
    expect(await contentsOf(gallery)).toEqual(EVERYONE);
    expect(filesIn(dataDir).filter((file) => /Ada|Eve/.test(file))).toEqual([]);
    expect((await open(key)).report.filesRenamed).toBe(0);
    await resealFolder({ dataDir, extraFiles: [], keys: [key], target: null });
    const plain = await open();
    expect(plain.report.filesRenamed).toBe(2);
    expect(filesIn(dataDir)).toEqual(filesOf(plain.gallery));
  });

  it('are replaced for people of the original system, who have no description', async () => {
    await enrolThree();
    for (const name of ['Ada', 'Eve']) rmSync(join(dataDir, `embeddings/${name}.json`));
    await resealFolder({ dataDir, extraFiles: [], keys: [key], target: key });
    await open(key);
    const { gallery, report } = await open(key);
    expect(gallery.people().map(({ name }) => name)).toEqual(['Ada', 'Eve']);
    expect(report.adopted).toEqual([]);
  });

  it('are replaced in part when a start is stopped at any step, and completely at the next one', async () => {
    await encryptedWithNames();
    const prepared = dataDir;
    for (let stop = 0; ; stop++) {
      dataDir = temporaryFolder();
      cpSync(prepared, dataDir, { recursive: true });
      const disk = faultyDisk(stoppingAt(stop, true));
      const stopped = await openNpyGallery({ dataDir, contract, vault: vaultOf([key]), disk }).catch(() => null);
      const { gallery } = await open(key);
      expect(await contentsOf(gallery), `stopped at step ${stop}`).toEqual(EVERYONE);
      const stems = stemsOf(gallery);
      expect(filesIn(dataDir)).toEqual(filesOf(gallery, (name) => stems[name]));
      if (stopped?.report.filesRenamed === 2) break;
    }
  });

  it('stay where a photo is damaged; the others are replaced', async () => {
    await encryptedWithNames();
    const [crop] = filesIn(dataDir).filter((file) => file.startsWith('uploads/Ada/'));
    put(dataDir, crop, bytesOf(dataDir, crop).fill(0, 30));
    const { gallery, report } = await open(key);
    expect(report.filesRenamed).toBe(1);
    expect(stemsOf(gallery)).toEqual({ Ada: 'Ada', Eve: expect.stringMatching(/^sealed~/) as string });
  });

  it('are not known without the description: the person is set aside, and repaired only with a name', async () => {
    await enrolThree(key);
    const { Ada } = stemsOf((await open(key)).gallery);
    rmSync(join(dataDir, `embeddings/${Ada}.json`));
    const { gallery, report } = await open(key);
    expect(gallery.people().map(({ name }) => name)).toEqual(['Eve']);
    expect(report.quarantined[0].why).toContain('the file with the name of the person is missing');
    const disk = sealedDisk(nodeDisk, dataDir, vaultOf([key]));
    expect((await quarantinedPeople(disk, dataDir)).map(({ name }) => name)).toEqual([null]);
  });

  it('lead to the files in the quarantine when a person is erased who was enrolled again', async () => {
    await enrolThree(key);
    const { Ada } = stemsOf((await open(key)).gallery);
    put(dataDir, `embeddings/${Ada}.npy`, bytesOf(dataDir, `embeddings/${Ada}.npy`).fill(0, 30));
    const { gallery } = await open(key);
    expect(filesIn(dataDir).filter((file) => file.startsWith('.quarantine/'))).toHaveLength(4);
    await gallery.add('Ada', exampleOf(1));
    await gallery.removePerson('Ada');
    expect(filesIn(dataDir).filter((file) => file.includes(Ada))).toEqual([]);
  });
});

describe('a key file', () => {
  it('is created once, readable by its owner only', async () => {
    const path = join(dataDir, 'key');
    const made = await createKeyFile(path);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await readKeys([path]))[0].id).toBe(made.id);
    await expect(createKeyFile(path)).rejects.toMatchObject({ code: 'storage_failed' });
    chmodSync(path, 0o600);
  });

  it('contains the key as raw bytes, hexadecimal or base64', async () => {
    const secret = randomBytes(32);
    const texts = [
      secret,
      secret.toString('hex').toUpperCase(),
      `${secret.toString('base64')}\n`,
      secret.toString('base64url'),
    ];
    for (const [i, text] of texts.entries()) writeFileSync(join(dataDir, `${i}`), text);
    const keys = await readKeys(texts.map((_, i) => join(dataDir, `${i}`)));
    expect(new Set(keys.map(({ id }) => id))).toEqual(new Set([sealingKey(secret).id]));
  });

  it.each([
    ['nothing', ''],
    ['too little', 'abcdef'],
    ['a passphrase', 'correct horse battery staple and some'],
    ['31 bytes', Buffer.alloc(31, 200)],
  ])('that holds %s is refused', async (_, content) => {
    writeFileSync(join(dataDir, 'key'), content);
    await expect(readKeys([join(dataDir, 'key')])).rejects.toMatchObject({
      code: 'encryption_key_wrong',
      message: expect.stringContaining('holds no key: a key is 32 random bytes') as string,
    });
    await expect(readKeys([join(dataDir, 'none')])).rejects.toMatchObject({ code: 'encryption_key_wrong' });
  });
});
