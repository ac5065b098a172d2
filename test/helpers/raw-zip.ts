import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive, with headers that may be forged. */
export interface RawEntry {
  /** Bytes are written without the flag for UTF-8. */
  readonly name: string | Uint8Array;
  /** Of the directory. */
  readonly extra?: Uint8Array;
  readonly bytes: Uint8Array;
  readonly deflated?: boolean;
  /** General purpose flags; bit 0: encrypted. */
  readonly flags?: number;
  /** Of Unix, as in `stat`. */
  readonly mode?: number;
  readonly method?: number;
  /** A wrong length for the directory. */
  readonly statedBytes?: number;
  readonly statedCrc?: number;
  /** The directory points to this entry instead. */
  readonly sharesWith?: number;
}

/** A ZIP archive byte by byte (APPNOTE.TXT, 4.3), valid or forged. */
export function rawZip(entries: readonly RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const places: number[] = [];
  let at = 0;
  const packed = entries.map((entry) => (entry.deflated ? deflateRawSync(entry.bytes) : Buffer.from(entry.bytes)));
  for (const [i, entry] of entries.entries()) {
    places.push(at);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    fill(header, 4, entry, packed[i]);
    const local = Buffer.concat([header, Buffer.from(entry.name as string), packed[i]]);
    parts.push(local);
    at += local.length;
  }
  const directory = entries.map((entry, i) => {
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE((3 << 8) | 20, 4);
    fill(header, 6, entry, packed[i]);
    header.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    header.writeUInt32LE(places[entry.sharesWith ?? i], 42);
    header.writeUInt16LE(entry.extra?.length ?? 0, 30);
    return Buffer.concat([header, Buffer.from(entry.name as string), entry.extra ?? Buffer.alloc(0)]);
  });
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The fields common to a local header and a directory entry. */
function fill(header: Buffer, at: number, entry: RawEntry, packed: Buffer): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE((entry.flags ?? 0) | (typeof entry.name === 'string' ? 0x800 : 0), at + 2);
  header.writeUInt16LE(entry.method ?? (entry.deflated ? 8 : 0), at + 4);
  header.writeUInt32LE(entry.statedCrc ?? crc32(entry.bytes), at + 10);
  header.writeUInt32LE(packed.length, at + 14);
  header.writeUInt32LE(entry.statedBytes ?? entry.bytes.length, at + 18);
  header.writeUInt16LE(Buffer.from(entry.name as string).length, at + 22);
}
