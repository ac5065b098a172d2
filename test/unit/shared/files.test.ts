import {
  chmodSync,
  mkdtempSync,
  symlinkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  closeToOthers,
  makePrivateFolder,
  openToOthers,
  publishFile,
  replaceFile,
  syncFile,
  syncFolder,
  systemCode,
  writeNewFile,
  writePrivate,
} from '../../../src/shared/files.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rostro-files-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const modeOf = (path: string) => statSync(path).mode & 0o777;
const hasModes = process.platform !== 'win32';

describe('replaceFile', () => {
  it.each(['none', 'file', 'folder'] as const)('writes a file and replaces it, sync: %s', async (sync) => {
    const path = join(folder, 'a.json');
    await replaceFile(path, 'first', { sync, mode: 0o600 });
    await replaceFile(path, Buffer.from('second'), { sync, mode: 0o640 });
    expect(readFileSync(path, 'utf8')).toBe('second');
    if (hasModes) expect(modeOf(path)).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('leaves the old file and no temporary one where it fails', async () => {
    const path = join(folder, 'a');
    mkdirSync(path);
    writeFileSync(join(path, 'content'), 'old');
    const error: unknown = await replaceFile(path, 'new', { sync: 'folder' }).catch((cause: unknown) => cause);
    expect(systemCode(error)).toMatch(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(path, 'content'), 'utf8')).toBe('old');
    await expect(replaceFile(join(folder, 'none', 'a'), 'new', { sync: 'none' })).rejects.toThrow('ENOENT');
  });

  it('overwrites a temporary file of a given name that an earlier process left', async () => {
    const [path, temporary] = [join(folder, 'a.png'), join(folder, 'a.png.part')];
    writeFileSync(temporary, 'longer than the new content');
    await replaceFile(path, 'new', { sync: 'none', temporary });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.png']);
  });
});

describe('writeNewFile', () => {
  it('writes a file with its mode, and never over another', async () => {
    const path = join(folder, 'key');
    await writeNewFile(path, 'secret');
    await expect(writeNewFile(path, 'other')).rejects.toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe('secret');
    if (hasModes) expect(modeOf(path)).toBe(0o600);
  });
});

it('publishFile gives a finished file its name', async () => {
  const [part, path] = [join(folder, 'model.part'), join(folder, 'model')];
  writeFileSync(path, 'old');
  writeFileSync(part, 'new');
  await publishFile(part, path);
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['model']);
});

it('syncFile sets the mode of an existing file; a folder or file that is missing is an error', async () => {
  const path = join(folder, 'graph');
  writeFileSync(path, 'content', { mode: 0o644 });
  await syncFile(path, 0o600);
  if (hasModes) expect(modeOf(path)).toBe(0o600);
  await syncFolder(folder);
  await expect(syncFile(join(folder, 'none'))).rejects.toThrow('ENOENT');
  await expect(syncFolder(join(folder, 'none'))).rejects.toThrow('ENOENT');
});

it('systemCode is the code of a failed call, and nothing for other errors', async () => {
  expect(systemCode(await syncFolder(join(folder, 'none')).catch((error: unknown) => error))).toBe('ENOENT');
  expect(systemCode(Object.assign(new Error('mine'), { code: 'bad_request' }))).toBeUndefined();
  expect(systemCode('ENOENT')).toBeUndefined();
});

describe.runIf(hasModes)('other users of the machine', () => {
  it('may open nothing that is written without a mode', async () => {
    const paths = ['replaced', 'new', 'report'].map((name) => join(folder, 'a', 'b', name));
    await makePrivateFolder(join(folder, 'a', 'b'));
    await replaceFile(paths[0], '', { sync: 'none' });
    await writeNewFile(paths[1], '');
    writeFileSync(paths[2], 'older', { mode: 0o644 });
    await writePrivate(paths[2], 'report');
    expect(paths.map(modeOf)).toEqual([0o600, 0o600, 0o600]);
    expect([join(folder, 'a'), join(folder, 'a', 'b')].map(modeOf)).toEqual([0o700, 0o700]);
    expect(readFileSync(paths[2], 'utf8')).toBe('report');
    await writePrivate('/dev/null', 'report');
  });

  it('lose the rights on everything below a folder, but not on the target of a link', async () => {
    const [inner, own, target] = [join(folder, 'a'), join(folder, 'a', 'own'), join(folder, 'target')];
    mkdirSync(inner, { mode: 0o755 });
    writeFileSync(own, '', { mode: 0o640 });
    writeFileSync(target, '');
    chmodSync(target, 0o644);
    symlinkSync(target, join(inner, 'link'));
    expect(await openToOthers(inner)).toEqual([own, inner]);
    for (const path of await openToOthers(inner)) await closeToOthers(path);
    expect([own, inner, target].map(modeOf)).toEqual([0o600, 0o700, 0o644]);
    expect(await openToOthers(inner)).toEqual([]);
    expect(await openToOthers(join(folder, 'missing'))).toEqual([]);
  });
});
