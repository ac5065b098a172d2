import type { RgbImage } from '../faces/image/image.js';

/** `P6`, width, height, 255, and one whitespace. Source: https://netpbm.sourceforge.net/doc/ppm.html */
const HEADER = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/;
const LONGEST_HEADER = 32;

interface Filling {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  filled: number;
}

/** Parts a stream of PPM pictures, which comes in pieces of any size, into pictures. */
export class PpmFrames {
  private head = Buffer.alloc(0);
  private filling: Filling | null = null;

  /**
   * @returns the pictures that are complete now
   * @throws Error where the bytes are no PPM
   */
  push(chunk: Uint8Array): RgbImage[] {
    const complete: RgbImage[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.filling === null) rest = this.readHeader(rest);
      const { filling } = this;
      if (filling === null) break;
      rest = fill(filling, rest);
      if (filling.filled < filling.data.length) break;
      const { width, height, data } = filling;
      complete.push({ width, height, data });
      this.filling = null;
    }
    return complete;
  }

  /** @returns what follows the header; nothing as long as it is not whole */
  private readHeader(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.head, chunk.subarray(0, LONGEST_HEADER)]);
    const match = HEADER.exec(bytes.toString('latin1'));
    if (match === null) {
      if (bytes.length >= LONGEST_HEADER) throw new Error('not a PPM picture');
      this.head = bytes;
      return chunk.subarray(chunk.length);
    }
    const [width, height] = [Number(match[1]), Number(match[2])];
    const used = match[0].length - this.head.length;
    this.head = Buffer.alloc(0);
    this.filling = { width, height, data: new Uint8Array(3 * width * height), filled: 0 };
    return chunk.subarray(used);
  }
}

function fill(filling: Filling, bytes: Uint8Array): Uint8Array {
  const part = bytes.subarray(0, filling.data.length - filling.filled);
  filling.data.set(part, filling.filled);
  filling.filled += part.length;
  return bytes.subarray(part.length);
}
