import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractEntry } from '../../../src/models/origin.js';
import { sampleBytes, temporaryFolder, writeIn, zip } from '../../helpers/model-files.js';

const graph = sampleBytes(5000);
const name = '20180402-114759/20180402-114759.pb';

describe('extractEntry', () => {
  it('unpacks the entry that was asked for and no other', async () => {
    const folder = temporaryFolder();
    const meta = { name: '20180402-114759/model.meta', bytes: sampleBytes(2000) };
    const path = writeIn(folder, 'archive.zip', zip([meta, { name, bytes: graph }]));
    await extractEntry(path, name, join(folder, 'out.pb'), 10_000);
    expect(readFileSync(join(folder, 'out.pb')).equals(graph)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['archive.zip', 'out.pb']);
  });

  const sound = zip([{ name, bytes: graph }]);
  const bomb = Buffer.alloc(1_000_000);
  it.each([
    ['no zip', Buffer.from('<html></html>'), /^The zip archive is not usable: .*[Ee]nd of central directory/],
    ['empty', Buffer.alloc(0), /^The zip archive is not usable: .*[Ee]nd of central directory/],
    ['cut off', sound.subarray(0, sound.length - 30), /^The zip archive is not usable: .*[Ee]nd of central directory/],
    [
      'without the entry',
      zip([{ name: 'other.pb', bytes: graph }]),
      `The zip archive is not usable: it has no ${name}.`,
    ],
    [
      'larger than allowed',
      zip([{ name, bytes: bomb }]),
      `The zip archive is not usable: its ${name} would have 1000000 bytes.`,
    ],
    [
      'larger than it says',
      zip([{ name, bytes: bomb, claimedBytes: 100 }]),
      'The zip archive is not usable: too many bytes in the stream. expected 100. got at least',
    ],
    [
      'smaller than it says',
      zip([{ name, bytes: graph, claimedBytes: 9000 }]),
      'The zip archive is not usable: not enough bytes in the stream. expected 9000. got only 5000.',
    ],
    ['with damaged data', damaged(sound, 60), /^The zip archive is not usable: /],
  ])('refuses an archive that is %s, and leaves nothing behind', async (_what, archive, message) => {
    const folder = temporaryFolder();
    const path = writeIn(folder, 'archive.zip', archive);
    const target = join(folder, 'out.pb');
    const failure = extractEntry(path, name, target, 10_000);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'download_failed' });
    expect(existsSync(target)).toBe(false);
  });
});

function damaged(archive: Buffer, at: number): Buffer {
  const copy = Buffer.from(archive);
  copy.fill(0xff, at + name.length, at + name.length + 20);
  return copy;
}
