import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  /** With forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Streams files as one ZIP archive. @returns a stream that fails when `entries` does */
export function zipOf(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  zip.outputStream.pipe(out);
  zip.on('error', (error: Error) => out.destroy(error));
  void fill(zip, out, entries).catch((error: unknown) => out.destroy(error as Error));
  return out;
}

/** Requests the next entry when the one before is being written, so that memory never holds the whole archive. */
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
