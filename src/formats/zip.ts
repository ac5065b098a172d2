import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  /** With forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files as one ZIP archive, stored as they come. @returns a stream that fails where the entries fail */
export function zipOf(entries: AsyncIterable<ZipEntry>): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  zip.outputStream.pipe(out);
  zip.on('error', (error: Error) => out.destroy(error));
  void fill(zip, out, entries).catch((error: unknown) => out.destroy(error as Error));
  return out;
}

/** The next entry is asked for when the one before has been taken, so that the archive never lies in memory as a whole. */
async function fill(zip: ZipFile, out: PassThrough, entries: AsyncIterable<ZipEntry>): Promise<void> {
  for await (const { path, bytes } of entries) {
    if (out.destroyed) return;
    zip.addBuffer(Buffer.from(bytes), path, { compress: !/\.(?:jpe?g|png)$/i.test(path) });
    if (out.writableNeedDrain) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve));
  }
  zip.end();
}
