import type { Size } from './resize-area.js';

const SOS = 0xda;
/** Baseline and extended sequential frames with Huffman coding. */
const SEQUENTIAL_FRAMES = [0xc0, 0xc1];
/** JFIF, tables of quantisation, Huffman and restarts, comments: nothing that turns the pixels or gives other colours. */
const PLAIN_SEGMENTS = new Set([0xe0, 0xdb, 0xc4, 0xdd, 0xfe]);

/**
 * The size of a JPEG whose decoded pixels are upright sRGB as they are: sequential, three components of 8 bits, and no
 * segment of an application beside JFIF, which could be EXIF with an orientation, a colour profile, or Adobe's other
 * colours. Browsers, ffmpeg and most programs that make small pictures write such files.
 * Source of the layout: ITU-T T.81, annex B.
 * @returns null for any other file, whose header the decoder has to read
 */
export function plainJpegSize(bytes: Uint8Array): Size | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: Size | null = null;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const code = bytes[at + 1];
    if (code === SOS) return size;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) return null;
    if (SEQUENTIAL_FRAMES.includes(code)) {
      if (size !== null || end < at + 10) return null;
      size = sizeOfFrame(view, at + 4);
      if (size === null) return null;
    } else if (!PLAIN_SEGMENTS.has(code)) {
      return null;
    }
    at = end;
  }
  return null;
}

/** @param at its precision, height, width and number of components */
function sizeOfFrame(view: DataView, at: number): Size | null {
  const [height, width] = [view.getUint16(at + 1), view.getUint16(at + 3)];
  const isColour = view.getUint8(at) === 8 && view.getUint8(at + 5) === 3;
  return isColour && width > 0 && height > 0 ? { width, height } : null;
}
