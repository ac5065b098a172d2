import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  /** With forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files as one ZIP archive, stored as they come. @returns a stream that fails where the entries fail */
export function zipOf(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  zip.outputStream.pipe(out);
  zip.on('error', (error: Error) => out.destroy(error));
  void fill(zip, out, entries).catch((error: unknown) => out.destroy(error as Error));
  return out;
}

/** The next entry is asked for when the one before is being taken, so that the archive never lies in memory as a whole. */
async function fill(
  zip: ZipFile,
  out: PassThrough,
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
): Promise<void> {
  for await (const { path, bytes } of entries) {
    if (out.destroyed) return;
    await new Promise<void>((taken) => {
      out.once('close', taken);
      const options = { compress: !/\.(?:jpe?g|png)$/i.test(path), size: bytes.length };
      zip.addReadStreamLazy(path, options, (give) => {
        out.off('close', taken);
        give(null, Readable.from([Buffer.from(bytes)]));
        taken();
      });
    });
  }
  zip.end();
}
