/** A JPEG whose departures from the standard were removed. */
export interface RepairedJpeg {
  /** The given bytes themselves where nothing was wrong. */
  readonly bytes: Uint8Array;
  /** What was wrong, for people; empty where nothing was. */
  readonly faults: readonly string[];
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** Frames with all coefficients in one scan: baseline and extended, Huffman or arithmetic coding. */
const SEQUENTIAL_FRAMES = new Set([0xc0, 0xc1, 0xc9]);
/** What no segment begins with: reserved codes, restart markers, and a second start. */
const isStray = (marker: number) => marker < 0xc0 || (marker >= 0xd0 && marker <= SOI);
/** What follows 0xff within compressed data: a stuffed zero or a restart marker. */
const isInScan = (marker: number) => marker === 0x00 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Corrects what viewers ignore and libjpeg warns of, so that a decoder that fails on warnings still tells a complete
 * picture from a damaged one: bytes between two segments, spectral selection of sequential scans (Samsung's phones write
 * 0 to 0 instead of 0 to 63), and a missing end marker. Compressed data are not changed: a picture that was cut within
 * them stays incomplete.
 * Source of the layout: ITU-T T.81, annex B.
 * @param bytes a file that begins with a JPEG's start marker
 */
export function repairJpeg(bytes: Uint8Array): RepairedJpeg {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const repair = new Repair(source);
  let [isSequential, hasScan] = [false, false];
  for (let at = 2; repair.count <= MAX_REPLACED;) {
    const start = source.indexOf(0xff, at);
    const marker = start < 0 ? source.length : afterFill(source, start);
    const code = source[marker];
    if (marker >= source.length || (code === SOI && hasScan)) {
      repair.replace('no end marker', at, source.length, Uint8Array.of(0xff, EOI));
      return repair.finish();
    }
    if (isStray(code)) {
      repair.replace(STRAY, at, marker + 1);
      at = marker + 1;
      continue;
    }
    if (start > at) repair.replace(STRAY, at, start);
    if (code === EOI) return repair.count === 0 ? { bytes, faults: [] } : repair.finish();
    const end = marker + 1 + (marker + 3 <= source.length ? source.readUInt16BE(marker + 1) : 0);
    if (end > source.length || end < marker + 3) break;
    at = end;
    if (SEQUENTIAL_FRAMES.has(code)) isSequential = true;
    if (code !== SOS) continue;
    const spectrum = source.subarray(end - FULL_SPECTRUM.length, end);
    if (isSequential && !spectrum.equals(FULL_SPECTRUM)) {
      repair.replace('scan parameters that do not fit its kind', end - FULL_SPECTRUM.length, end, FULL_SPECTRUM);
    }
    hasScan = true;
    at = endOfScan(source, end);
  }
  // The decoder says what is wrong.
  return { bytes, faults: [] };
}

const STRAY = 'stray bytes between its segments';
/** The end of the header of a sequential scan: first and last coefficient, bit positions. */
const FULL_SPECTRUM = Buffer.from([0, 63, 0]);
/** With more faults a file is not one that viewers open. */
const MAX_REPLACED = 1000;

/** Collects what is kept of a file, and what replaces the rest. */
class Repair {
  private readonly parts: Uint8Array[] = [];
  private readonly faults = new Set<string>();
  private kept = 0;

  constructor(private readonly source: Buffer) {}

  get count(): number {
    return this.parts.length / 2;
  }

  replace(fault: string, start: number, end: number, by = new Uint8Array(0)): void {
    this.faults.add(fault);
    this.parts.push(this.source.subarray(this.kept, start), by);
    this.kept = end;
  }

  finish(): RepairedJpeg {
    return { bytes: Buffer.concat([...this.parts, this.source.subarray(this.kept)]), faults: [...this.faults] };
  }
}

/** @returns the first byte that is not 0xff: any number of them may precede the code of a marker */
function afterFill(source: Buffer, start: number): number {
  let at = start;
  while (source[at] === 0xff) at++;
  return at;
}

/** @returns where the next marker that does not belong to the compressed data begins, or the length of the file */
function endOfScan(source: Buffer, from: number): number {
  for (let at = source.indexOf(0xff, from); at >= 0; at = source.indexOf(0xff, at)) {
    const start = at;
    at = afterFill(source, start);
    if (at >= source.length || !isInScan(source[at])) return start;
  }
  return source.length;
}
