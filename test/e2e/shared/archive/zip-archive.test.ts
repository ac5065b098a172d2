import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RostroError } from '../../../../src/shared/errors.js';
import { zipOf } from '../../../../src/shared/archive/zip.js';
import { ZipArchive } from '../../../../src/shared/archive/zip-archive.js';
import { rawZip, type RawEntry } from '../../../helpers/raw-zip.js';

const run = promisify(execFile);
const LIMITS = { maxEntries: 10, maxTotalBytes: 50 * 1024 * 1024 };
const text = Buffer.from('Ada was here. '.repeat(100));
const honest: RawEntry = { name: 'Ada/1.jpg', bytes: text };

let dir: string;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'rostro-zip-'))));
afterAll(() => rm(dir, { recursive: true, force: true }));

async function opened(archive: Uint8Array): Promise<ZipArchive> {
  const file = join(dir, 'archive.zip');
  await writeFile(file, archive);
  return ZipArchive.open(file, LIMITS);
}

async function faultOf(archive: Uint8Array, read?: string): Promise<unknown> {
  try {
    const zip = await opened(archive);
    if (read !== undefined) await zip.read(read);
    return 'none';
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return `${error.code} ${String(error.details?.reason)}`;
  }
}

describe('an archive of somebody else', () => {
  it('is read file by file, stored or deflated, without its folders', async () => {
    const folder = { name: 'Ada/', bytes: Buffer.alloc(0), mode: 0o040755 };
    const zip = await opened(rawZip([folder, honest, { name: 'Bo/ñandú.jpg', bytes: text, deflated: true }]));
    expect(zip.files).toEqual([
      { path: 'Ada/1.jpg', bytes: text.length },
      { path: 'Bo/ñandú.jpg', bytes: text.length },
    ]);
    expect(Buffer.from(await zip.read('Ada/1.jpg'))).toEqual(text);
    expect(Buffer.from(await zip.read('Bo/ñandú.jpg'))).toEqual(text);
    zip.close();
  });

  it.each<[what: string, entry: Partial<RawEntry>, fault: string]>([
    ['a path out of the archive', { name: '../../etc/passwd' }, 'unsafe_path'],
    ['a path out of it in the middle', { name: 'Ada/../../x.jpg' }, 'unsafe_path'],
    ['an absolute path', { name: '/etc/passwd' }, 'unsafe_path'],
    ['an absolute path of Windows', { name: 'C:/Windows/x.jpg' }, 'unsafe_path'],
    ['a symbolic link', { name: 'link.jpg', mode: 0o120777 }, 'link'],
    ['a device', { name: 'device', mode: 0o020666 }, 'link'],
    ['an encrypted file', { flags: 1, statedBytes: text.length - 12 }, 'encrypted'],
    ['another compression', { method: 12 }, 'unsupported'],
    ['a file twice', { name: honest.name }, 'duplicate'],
    ['a file that overlaps another', { name: 'same.jpg', sharesWith: 0 }, 'bomb'],
    ['zeros that were packed a thousand to one', { bytes: Buffer.alloc(40e6), deflated: true }, 'bomb'],
    ['more than is allowed together', { bytes: Buffer.alloc(60e6, 'xy') }, 'bomb'],
  ])('is refused before anything of it is used for %s', async (_what, entry, fault) => {
    const archive = rawZip([honest, { ...honest, name: 'Ada/2.jpg', ...entry }]);
    expect(await faultOf(archive)).toBe(`bad_archive ${fault}`);
  });

  it('is refused with more files than are allowed', async () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ ...honest, name: `${i}.jpg` }));
    expect(await faultOf(rawZip(many))).toBe('bad_archive bomb');
  });

  it('is refused wherever it is cut', async () => {
    const archive = rawZip([honest, { ...honest, name: 'Ada/2.jpg' }]);
    for (let length = 0; length < archive.length; length += 7) {
      expect(await faultOf(archive.subarray(0, length))).toBe('bad_archive damaged');
    }
    expect(await faultOf(Buffer.from('no archive at all'))).toBe('bad_archive damaged');
  });

  it.each<[what: string, entry: Partial<RawEntry>]>([
    ['inflates to more than it says', { deflated: true, statedBytes: 100 }],
    ['inflates to less than it says', { deflated: true, statedBytes: 5000 }],
    ['has another checksum than it says', { statedCrc: 1 }],
    ['cannot be inflated', { method: 8 }],
  ])('is not read further than it is honest: a file that %s', async (_what, entry) => {
    expect(await faultOf(rawZip([{ ...honest, ...entry }]), 'Ada/1.jpg')).toBe('bad_archive damaged');
  });
});

describe('an archive of our own', () => {
  it('is whole to Python, and what Python writes is read', async ({ skip }) => {
    const python = await run('python3', ['--version']).catch(() => null);
    if (!python) skip('needs Python, which is not here');
    const file = join(dir, 'ours.zip');
    const entries = [
      { path: 'a.json', bytes: text },
      { path: 'people/ñ.jpg', bytes: Buffer.alloc(300_000, 7) },
    ];
    await writeFile(file, await buffer(zipOf(entries)));
    const script =
      'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;' +
      'w=zipfile.ZipFile(sys.argv[2],"w",zipfile.ZIP_DEFLATED);' +
      '[w.writestr(n,z.read(n)) for n in z.namelist()];w.close();print(z.namelist())';
    const { stdout } = await run('python3', ['-c', script, file, join(dir, 'theirs.zip')]);
    expect(stdout.trim()).toBe("['a.json', 'people/ñ.jpg']");
    const theirs = await ZipArchive.open(join(dir, 'theirs.zip'), LIMITS);
    for (const { path, bytes } of entries) expect(Buffer.from(await theirs.read(path))).toEqual(bytes);
    theirs.close();
  });
});
