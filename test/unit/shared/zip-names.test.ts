import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { ZipArchive } from '../../../src/shared/archive/zip-archive.js';
import type { Encoding } from '../../../src/shared/text-encoding.js';
import { rawZip, type RawEntry } from '../../helpers/raw-zip.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const LIMITS = { maxEntries: 100, maxTotalBytes: 1024 * 1024 };
const content = Buffer.from('photo');

async function namesIn(zip: Buffer, encoding?: Encoding): Promise<string[]> {
  const read = (start: number, length: number) => Promise.resolve(zip.subarray(start, start + length));
  const archive = await ZipArchive.open(
    { size: zip.length, read, erase: () => Promise.resolve(), close: () => Promise.resolve() },
    LIMITS,
    encoding,
  );
  for (const { path } of archive.files) await archive.read(path);
  return archive.files.map(({ path }) => path);
}

const zipOfNames = (...names: readonly (string | Uint8Array)[]) =>
  rawZip(names.map((name): RawEntry => ({ name, bytes: content })));
const inCodePage = (name: string, encoding: string) => iconv.encode(name, encoding);

/** Info-ZIP's Unicode path extra field. */
function unicodePath(name: string, of: Uint8Array): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + Buffer.byteLength(name), 2);
  field.writeUInt8(1, 4);
  field.writeUInt32LE(crc32(of), 5);
  return Buffer.concat([field, Buffer.from(name)]);
}

describe('names in a ZIP archive', () => {
  it('are UTF-8 where they can be, with and without its flag', async () => {
    const decomposed = 'Jose\u0301 Nu\u0301n\u0303ez.jpg';
    const names = ['Zoë.jpg', decomposed, '张伟/1.jpg', 'Ada.jpg'];
    expect(await namesIn(zipOfNames(...names))).toEqual(names);
    expect(await namesIn(zipOfNames(...names.map((name) => Buffer.from(name))))).toEqual(names);
    expect(await namesIn(zipOfNames(Buffer.from(decomposed)), 'cp437')).toEqual([decomposed]);
  });

  it.each<[name: string, written: string, encoding: Encoding]>([
    ['José.jpg', 'cp437', 'cp437'],
    ['José.jpg', 'cp850', 'cp850'],
    ['Müller/1.jpg', 'cp1252', 'cp1252'],
    ['张伟.jpg', 'gbk', 'gbk'],
    ['田中表.jpg', 'shift_jis', 'shift_jis'],
    ['陳大文.jpg', 'big5', 'big5'],
    ['김철수.jpg', 'euc-kr', 'euc-kr'],
    ['Иван.jpg', 'cp866', 'cp866'],
  ])('are asked for where they are not: %s in %s', async (name, written, encoding) => {
    const zip = zipOfNames('Ada.jpg', inCodePage(name, written));
    const error = await namesIn(zip).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'encoding_unknown' });
    const { encodings } = (error as { details: { encodings: { encoding: string; names: string[] }[] } }).details;
    expect(encodings).toContainEqual({ encoding, names: [name] });
    expect(JSON.stringify(encodings)).not.toMatch(/[\u2500-\u259f\ufffd]/);
    expect(await namesIn(zip, encoding)).toEqual(['Ada.jpg', name]);
  });

  it('are read in the given encoding beside UTF-8, also where some are UTF-8 by accident', async () => {
    const decomposed = 'Jose\u0301.jpg';
    const mixed = zipOfNames(Buffer.from(decomposed), inCodePage('Müller.jpg', 'cp850'), Buffer.from('Zoë.jpg'));
    expect(await namesIn(mixed, 'cp850')).toEqual([decomposed, 'Müller.jpg', 'Zoë.jpg']);
    // 0xCD 0xA8 is UTF-8.
    const chinese = ['谢通.jpg', '张伟.jpg'];
    expect(await namesIn(zipOfNames(...chinese.map((name) => inCodePage(name, 'gbk'))), 'gbk')).toEqual(chinese);
  });

  it('come from the Unicode path extra field, if it is of the same name', async () => {
    const name = inCodePage('José.jpg', 'cp850');
    const entry = { name, bytes: content, extra: unicodePath('José.jpg', name) };
    expect(await namesIn(rawZip([entry]))).toEqual(['José.jpg']);
    expect(await namesIn(rawZip([entry, { name: inCodePage('张伟.jpg', 'gbk'), bytes: content }]), 'gbk')).toEqual([
      ...['José.jpg', '张伟.jpg'],
    ]);
    const other = { ...entry, extra: unicodePath('José.jpg', Buffer.from('another.jpg')) };
    await expect(namesIn(rawZip([other]))).rejects.toMatchObject({ code: 'encoding_unknown' });
  });

  it('are checked after they are decoded', async () => {
    await expect(namesIn(zipOfNames(Buffer.from('../x.jpg')))).rejects.toMatchObject({
      details: { reason: 'unsafe_path' },
    });
    const twice = zipOfNames('José.jpg', inCodePage('José.jpg', 'cp850'));
    await expect(namesIn(twice, 'cp850')).rejects.toMatchObject({ details: { reason: 'duplicate' } });
  });

  it.skipIf(!hasShared)(`are read as macOS writes them${needsShared}`, async () => {
    const names = await namesIn(await readFile(sharedPath('cases', 'mac-unflagged.zip')));
    expect(names.map((name) => name.normalize('NFC'))).toEqual(
      expect.arrayContaining([expect.stringContaining('José Núñez')]),
    );
    expect(names.join()).not.toMatch(/[\u2500-\u259f]/);
  });
});
