import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { prepareRows, type PrepareOptions } from '../../../../src/gallery/reembed/prepare.js';
import { finishSwitch, isComplete, switchGallery } from '../../../../src/gallery/reembed/switch.js';
import {
  shadowContracts,
  FileShadowRows,
  FileReembedSource,
  deleteShadowRows,
} from '../../../../src/gallery/reembed/shadow-files.js';
import { ChangeWriter } from '../../../../src/gallery/files/change-writer.js';
import { nodeDisk, type Disk } from '../../../../src/gallery/files/disk.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { sealedDisk, vaultOf } from '../../../../src/gallery/sealing/vault.js';
import { faultyDisk, stoppingAt } from '../../../helpers/faulty-disk.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  otherContract,
  removeTemporaryFolders,
  said,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../../helpers/gallery-fixture.js';

afterAll(removeTemporaryFolders);

const DETAILS = { id: '7', metadata: { a: 1 }, groups: ['x'] };
const BEFORE = { Ada: [...said(DETAILS), ...numbered(1, 2)], Eve: numbered(3) };

async function prepared(): Promise<string> {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  await gallery.add('Ada', exampleOf(1), DETAILS);
  await gallery.add('Ada', exampleOf(2));
  await gallery.add('Eve', exampleOf(3));
  return dataDir;
}

/** Reads its vector off the made-up crop. */
const embedCrop = (crop: Uint8Array): Promise<Float32Array | null> => {
  const number = Number(Buffer.from(crop).toString().slice('crop '.length));
  return Promise.resolve(number === 13 ? null : vectorOf(number, otherContract.dimension));
};

async function prepare(dataDir: string, disk: Disk = nodeDisk, options: Partial<PrepareOptions> = {}) {
  const rows = new FileShadowRows(disk, dataDir, otherContract.id);
  await rows.prepare(otherContract);
  return prepareRows({ source: new FileReembedSource(disk, dataDir), rows, embedCrop, concurrency: 2, ...options });
}

async function switched(dataDir: string, to: { id: string; name: string } = otherContract, disk: Disk = nodeDisk) {
  const writer = new ChangeWriter(disk, dataDir);
  await writer.recover();
  await finishSwitch({ disk, dataDir, writer });
  await switchGallery({ disk, dataDir, writer }, to);
}

async function open(dataDir: string, running = contract): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract: running })).gallery;
}

const rowsBeside = (dataDir: string) =>
  filesIn(dataDir).filter((file) => file.startsWith('.rows/') && !file.endsWith('contract.json'));

describe('rows of another embedder', () => {
  it('are prepared without changing the gallery, and only once', async () => {
    const dataDir = await prepared();
    const told: string[] = [];
    const onExample = (done: number, total: number, wasThere: boolean) => told.push(`${done}/${total} ${wasThere}`);
    const { people, unable, embedded } = await prepare(dataDir, nodeDisk, { onExample });
    expect([embedded, unable]).toEqual([3, []]);
    expect(told.slice(0, 3)).toEqual(['1/3 false', '2/3 false', '3/3 false']);
    expect(people.flatMap(({ examples }) => examples.map(({ embedding }) => embedding))).toEqual(
      [1, 2, 3].map((number) => vectorOf(number, 6)),
    );
    expect(await contentsOf(await open(dataDir))).toEqual(BEFORE);
    expect((await prepare(dataDir)).embedded).toBe(0);
    expect(await shadowContracts(nodeDisk, dataDir)).toMatchObject([{ id: otherContract.id, formerSince: null }]);
  });

  it('continue after an interruption', async () => {
    const dataDir = await prepared();
    const stop = new AbortController();
    const onExample = () => stop.abort();
    const first = await prepare(dataDir, nodeDisk, { onExample, signal: stop.signal, concurrency: 1 });
    expect(first.embedded).toBe(1);
    expect((await prepare(dataDir)).embedded).toBe(2);
  });

  it('report crops without a face and missing crops, and refuse the switch then', async () => {
    const dataDir = await prepared();
    const gallery = await open(dataDir);
    const { example } = await gallery.add('Eve', exampleOf(13));
    const whole = wholePerson('Old', { id: null, metadata: {}, groups: [] }, 5);
    await gallery.put({ ...whole, examples: [{ ...whole.examples[0], crop: null }] });
    const { unable } = await prepare(dataDir);
    expect(unable).toEqual([
      { name: 'Eve', example: example.id, why: 'no_face' },
      { name: 'Old', example: whole.examples[0].id, why: 'no_crop' },
    ]);
    await expect(switched(dataDir)).rejects.toMatchObject({ code: 'gallery_corrupt' });
    expect((await open(dataDir)).people()).toHaveLength(3);
  });

  it('cover people enrolled, renamed, replaced and merged meanwhile', async () => {
    const dataDir = await prepared();
    await prepare(dataDir);
    const gallery = await open(dataDir);
    await gallery.rename('Ada', 'Augusta');
    await gallery.add('New', exampleOf(4));
    await gallery.put(wholePerson('Eve', { id: null, metadata: {}, groups: [] }, 6));
    await gallery.merge('New', 'Eve');
    expect((await prepare(dataDir)).embedded).toBe(2);
    await switched(dataDir);
    const after = await open(dataDir, otherContract);
    expect(await contentsOf(after)).toEqual({ Augusta: BEFORE.Ada, Eve: numbered(6, 4) });
    for (const { examples } of after.embedded())
      for (const { embedding } of examples) expect(embedding).toHaveLength(6);
  });
});

describe('an erased person', () => {
  it('is deleted from the shadow rows, with a receipt', async () => {
    const dataDir = await prepared();
    await prepare(dataDir);
    const gallery = await open(dataDir);
    const [first] = gallery.person('Ada').examples;
    const { files } = await gallery.removeExample('Ada', first.id);
    expect(files).toContainEqual(expect.stringMatching(new RegExp(`^\\.rows/[0-9a-f]{16}/${first.id}\\.json$`)));
    await gallery.removePerson('Ada');
    expect(rowsBeside(dataDir)).toHaveLength(1);
    await gallery.removePerson('Eve');
    expect(rowsBeside(dataDir)).toEqual([]);
  });

  it('leaves no shadow row when erased during the embedding', async () => {
    const dataDir = await prepared();
    const gallery = await open(dataDir);
    let erased: Promise<unknown> | null = null;
    const erasing = async (crop: Uint8Array): Promise<Float32Array | null> => {
      await (erased ??= gallery.removePerson('Eve'));
      return embedCrop(crop);
    };
    const { people } = await prepare(dataDir, nodeDisk, { embedCrop: erasing });
    expect(people.map(({ person }) => person.name)).toEqual(['Ada']);
    expect(rowsBeside(dataDir)).toHaveLength(2);
  });

  it('is removed from the shadow rows by the next start after an interruption', async () => {
    const dataDir = await prepared();
    await prepare(dataDir);
    const copy = temporaryFolder();
    cpSync(join(dataDir, '.rows'), join(copy, '.rows'), { recursive: true });
    await open(copy);
    expect(rowsBeside(copy)).toEqual([]);
    await open(dataDir);
    expect(rowsBeside(dataDir)).toHaveLength(3);
  });
});

describe('the switch', () => {
  it('changes only the rows, and can be reverted with people enrolled since', async () => {
    const dataDir = await prepared();
    const before = (await open(dataDir)).people();
    await prepare(dataDir);
    await switched(dataDir);
    const after = await open(dataDir, otherContract);
    const moved = (number: number) => vectorOf(number, 6);
    expect(after.people()).toEqual(
      before.map((person, i) => ({
        ...person,
        examples: person.examples.map((example, j) => ({ ...example, embedding: moved([[1, 2], [3]][i][j]) })),
      })),
    );
    expect(await isComplete({ disk: nodeDisk, dataDir }, contract)).toBe(true);
    const extra = { ...exampleOf(8), embedding: moved(8) };
    await after.add('New', extra);
    expect(await isComplete({ disk: nodeDisk, dataDir }, contract)).toBe(false);
    await expect(switched(dataDir, contract)).rejects.toMatchObject({ code: 'gallery_corrupt' });
    await after.removePerson('New');
    await switched(dataDir, contract);
    expect((await open(dataDir)).people()).toEqual(before);
    await switched(dataDir);
    expect((await open(dataDir, otherContract)).people()).toEqual(after.people());
    expect(await deleteShadowRows(nodeDisk, dataDir)).toBe(3);
    expect(readdirSync(dataDir)).not.toContain('.rows');
  });

  it('is atomic after an interruption at any step', async () => {
    const original = await prepared();
    await prepare(original);
    const outcomes: boolean[] = [];
    for (let stop = 0; ; stop++) {
      const dataDir = temporaryFolder();
      cpSync(original, dataDir, { recursive: true });
      const finished = await switched(dataDir, otherContract, faultyDisk(stoppingAt(stop, true))).then(
        () => true,
        () => false,
      );
      const isOld = await open(dataDir).then(
        () => true,
        () => false,
      );
      const gallery = await open(dataDir, isOld ? contract : otherContract);
      expect(await contentsOf(gallery), `stopped at step ${stop}`).toEqual(BEFORE);
      if (isOld) await switched(dataDir);
      else expect(rowsBeside(dataDir)).toHaveLength(3);
      expect(await contentsOf(await open(dataDir, otherContract))).toEqual(BEFORE);
      await switched(dataDir, contract);
      expect(await contentsOf(await open(dataDir))).toEqual(BEFORE);
      outcomes.push(!isOld);
      if (finished) break;
    }
    expect(outcomes[0]).toBe(false);
    expect(outcomes).toEqual([...outcomes].sort((a, b) => Number(a) - Number(b)));
  });

  it('is finished after a second interruption', async () => {
    const original = await prepared();
    await prepare(original);
    for (let stop = 20; stop < 60; stop += 7) {
      for (let second = 0; second < 30; second += 4) {
        const dataDir = temporaryFolder();
        cpSync(original, dataDir, { recursive: true });
        await switched(dataDir, otherContract, faultyDisk(stoppingAt(stop, false))).catch(() => undefined);
        const disk = faultyDisk(stoppingAt(second, true));
        await openNpyGallery({ dataDir, contract: otherContract, disk }).catch(() => undefined);
        const gallery = await open(dataDir, otherContract).catch(() => open(dataDir));
        expect(await contentsOf(gallery)).toEqual(BEFORE);
      }
    }
  });
});

it('works through the vault, and nothing of a row is readable on the disk', async () => {
  const dataDir = temporaryFolder();
  const vault = vaultOf([sealingKey(new Uint8Array(32).fill(7))]);
  const disk = sealedDisk(nodeDisk, dataDir, vault);
  const { gallery } = await openNpyGallery({ dataDir, contract, vault });
  await gallery.add('Ada', exampleOf(1));
  await prepare(dataDir, disk);
  await switched(dataDir, otherContract, disk);
  const again = await openNpyGallery({ dataDir, contract: otherContract, vault });
  expect(await contentsOf(again.gallery)).toEqual({ Ada: numbered(1) });
  const beside = rowsBeside(dataDir);
  expect(beside).toHaveLength(1);
  const bytes = await nodeDisk.read(join(dataDir, beside[0]));
  expect(Buffer.from(bytes!).subarray(0, 5).toString()).toBe('RSEAL');
});
