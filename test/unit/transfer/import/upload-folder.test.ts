import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { ZipArchive } from '../../../../src/shared/archive/zip-archive.js';
import { UploadFolder } from '../../../../src/transfer/import/upload-folder.js';
import { removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';
import { rawZip } from '../../../helpers/raw-zip.js';

afterAll(removeTemporaryFolders);
const store = (folder: UploadFolder, bytes: Uint8Array) => folder.store(Readable.from([bytes]), new PassThrough());

it('stores files that only this process can read, as a whole and in parts', async () => {
  const folder = new UploadFolder(temporaryFolder());
  const content = randomBytes(100_003);
  const names = [await store(folder, content), await store(folder, content)];
  const [one, other] = names.map((name) => readFileSync(join(folder.path, name)));
  expect([one.length, one.equals(content), one.equals(other)]).toEqual([content.length, false, false]);
  if (process.platform !== 'win32') expect(statSync(join(folder.path, names[0])).mode & 0o777).toBe(0o600);
  for (const name of names) expect(content.equals(await folder.read(name))).toBe(true);
  const parts = await folder.open(names[1]);
  expect(parts.size).toBe(content.length);
  for (const [start, length] of [
    [0, 1],
    [15, 2],
    [16, 16],
    [4097, 70_000],
    [100_000, 3],
  ]) {
    expect(content.subarray(start, start + length).equals(await parts.read(start, length))).toBe(true);
  }
  expect((await parts.read(100_000, 16)).length).toBe(3);
  await parts.close();
  await expect(store(new UploadFolder(folder.path), content)).rejects.toThrow('EEXIST');
  await folder.remove(names[0]);
  await expect(folder.read(names[0])).rejects.toThrow('ENOENT');
});

it('holds archives, which are closed with their last reader or if they are damaged', async () => {
  const folder = new UploadFolder(temporaryFolder());
  const photo = randomBytes(200_000);
  const archive = rawZip([
    { name: 'Ada/1.jpg', bytes: photo },
    { name: 'b.jpg', bytes: photo, deflated: true },
  ]);
  const limits = { maxEntries: 10, maxTotalBytes: 1e6 };
  const name = await store(folder, archive);
  const zip = await ZipArchive.open(await folder.open(name), limits);
  expect(zip.files.map(({ path }) => path)).toEqual(['Ada/1.jpg', 'b.jpg']);
  for (const { path } of zip.files) expect(photo.equals(await zip.read(path))).toBe(true);
  zip.close();
  const stored = readFileSync(join(folder.path, name));
  stored[1000] ^= 1;
  writeFileSync(join(folder.path, name), stored);
  const damaged = await ZipArchive.open(await folder.open(name), limits);
  await expect(damaged.read('Ada/1.jpg')).rejects.toMatchObject({ code: 'bad_archive' });
  damaged.close();
  const cut = await store(folder, archive.subarray(0, 1000));
  await expect(ZipArchive.open(await folder.open(cut), limits)).rejects.toMatchObject({ code: 'bad_archive' });
});
