import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock } from '../../../../src/gallery/files/folder-lock.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

/** Long enough for a beat of a holder on a slow machine to be seen, short enough to wait for. */
const TIMING = { heartbeatMs: 50, staleMs: 1500 };
const LOCK = 'embeddings/.rostro-lock';

let child: string;
let dataDir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  child = join(temporaryFolder(), 'lock-child.mjs');
  const entry = fileURLToPath(new URL('./lock-child.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(() => {
  for (const process_ of children.splice(0)) process_.kill('SIGKILL');
});
afterAll(removeTemporaryFolders);

async function holder(): Promise<ChildProcess> {
  const process_ = spawn(process.execPath, [child, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(process_);
  await once(process_.stdout, 'data');
  return process_;
}

async function kill(process_: ChildProcess): Promise<void> {
  process_.kill('SIGKILL');
  await once(process_, 'exit');
}

const written = (): Record<string, unknown> => JSON.parse(readFileSync(join(dataDir, LOCK), 'utf8')) as never;
const rewrite = (changes: object): void => put(dataDir, LOCK, JSON.stringify({ ...written(), ...changes }));
const locked = { code: 'gallery_locked', message: expect.stringContaining(`Another Rostro uses `) as string };

describe('the lock of a data folder', () => {
  it('keeps a second process out, in one sentence that says who has it', async () => {
    const { pid } = await holder();
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toMatchObject({ ...locked, details: { pid } });
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toThrow(`(process ${pid} on `);
  });

  it('is given back, and leaves nothing', async () => {
    const lock = await FolderLock.acquire(dataDir, TIMING);
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toMatchObject(locked);
    await lock.release();
    expect(filesIn(dataDir)).toEqual(['embeddings/']);
    await (await FolderLock.acquire(dataDir, TIMING)).release();
  });

  it('is taken over at once from a process that was killed', async () => {
    await kill(await holder());
    const start = performance.now();
    const lock = await FolderLock.acquire(dataDir, { heartbeatMs: 1000, staleMs: 600_000 });
    expect(performance.now() - start).toBeLessThan(60_000);
    await lock.confirm();
    expect(written()).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it.runIf(process.platform === 'linux')('is taken over where the id belongs to another process by now', async () => {
    await kill(await holder());
    rewrite({ pid: process.pid });
    await (await FolderLock.acquire(dataDir, { heartbeatMs: 1000, staleMs: 600_000 })).release();
  });

  it('of another machine or container is left alone while it shows life, whatever the clocks say', async () => {
    await kill(await holder());
    rewrite({ space: 'elsewhere', host: 'far-away', pid: 1 });
    let time = 2_000_000_000;
    const beat = setInterval(() => utimesSync(join(dataDir, LOCK), (time -= 60), time), 20);
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toThrow('(process 1 on far-away, since ');
    clearInterval(beat);
    const lock = await FolderLock.acquire(dataDir, TIMING);
    expect(written()).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it.each([
    ['empty', ''],
    ['cut short', '{"version":1,"tok'],
    ['of another program', 'hello'],
  ])('that is %s is taken over after a silence', async (_, content) => {
    put(dataDir, LOCK, content);
    await (await FolderLock.acquire(dataDir, TIMING)).release();
  });

  it('goes to one of many that want it at once', async () => {
    await kill(await holder());
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => FolderLock.acquire(dataDir, TIMING)));
    const locks = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const valid = await Promise.allSettled(locks.map((lock) => lock.confirm()));
    expect(valid.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const lock of locks) await lock.release();
  });

  it('shows life in a way that the next one sees', async () => {
    const lock = await FolderLock.acquire(dataDir, TIMING);
    rewrite({ space: 'elsewhere' });
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toMatchObject(locked);
    await lock.release();
  });
});

describe('a gallery whose lock was taken over', () => {
  it('refuses to write from then on, and goes on reading', async () => {
    const lock = await FolderLock.acquire(dataDir, TIMING);
    const { gallery } = await openNpyGallery({ dataDir, contract, lock });
    await gallery.add('Ada', exampleOf(1));
    rewrite({ token: 'another', pid: 4711, host: 'far-away' });
    await expect(gallery.add('Eve', exampleOf(2))).rejects.toThrow('(process 4711 on far-away, since ');
    await expect(gallery.removePerson('Ada')).rejects.toMatchObject({ code: 'gallery_locked' });
    rmSync(join(dataDir, LOCK));
    await expect(gallery.rename('Ada', 'Eve')).rejects.toMatchObject({ code: 'gallery_locked' });
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });
    await lock.release();
  });

  it('does not take the other’s lock away when it is closed', async () => {
    const lock = await FolderLock.acquire(dataDir, TIMING);
    rewrite({ token: 'another' });
    const before = readFileSync(join(dataDir, LOCK));
    await lock.release();
    expect(readFileSync(join(dataDir, LOCK))).toEqual(before);
  });
});

it('a full or read-only disk cannot be locked, and says so', async () => {
  const mounted =
    process.platform === 'linux' &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dataDir]).status === 0;
  if (!mounted) return;
  try {
    await (await FolderLock.acquire(dataDir, TIMING)).release();
    writeFileSync(join(dataDir, 'filler'), '');
    spawnSync('dd', ['if=/dev/zero', `of=${join(dataDir, 'filler')}`, 'bs=4k']);
    const full = 'The data folder could not be locked: there is no space left on the disk.';
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toMatchObject({ code: 'storage_failed', message: full });
    spawnSync('mount', ['-o', 'remount,ro', dataDir]);
    const readOnly = 'The data folder could not be locked: the disk is read-only.';
    await expect(FolderLock.acquire(dataDir, TIMING)).rejects.toMatchObject({
      code: 'storage_failed',
      message: readOnly,
    });
  } finally {
    spawnSync('umount', [dataDir]);
  }
});
