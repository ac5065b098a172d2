/** Image formats, detected from the first bytes; file names and content types are ignored. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | 'heic' | 'bmp' | 'jxl' | 'svg' | 'video';

const HEIC_BRANDS = new Set(['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1']);
/** Major brands of QuickTime and MP4. */
const VIDEO_BRANDS = new Set(['qt  ', 'isom', 'iso2', 'mp41', 'mp42', 'avc1', 'M4V ']);
const AVIF_BRANDS = new Set(['avif', 'avis']);

/**
 * @returns null for unknown formats
 * Source of the signatures: each format's specification; ISO/IEC 14496-12 for the `ftyp` box of AVIF and HEIC.
 */
export function sniffImage(bytes: Uint8Array): ImageFormat | null {
  const ascii = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('latin1');
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return 'gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (ascii(0, 4) === 'II*\0' || ascii(0, 4) === 'MM\0*') return 'tiff';
  if (ascii(4, 8) === 'ftyp') return sniffIsoMedia(ascii(8, 64));
  if (ascii(0, 2) === 'BM' && bytes.length > 26) return 'bmp';
  if (ascii(0, 2) === '\xff\x0a' || ascii(0, 12) === '\0\0\0\x0cJXL \r\n\x87\n') return 'jxl';
  return isSvg(ascii(0, 1024).toLowerCase()) ? 'svg' : null;
}

/** What may come before the `<svg>` of a drawing. */
const SVG_PROLOGUE = [
  ['<?xml', '>'],
  ['<!--', '-->'],
  ['<!doctype svg', '>'],
] as const;

/** Reads every character once: a pattern for this took exponential time. @param text in lower case */
function isSvg(text: string): boolean {
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    const part = SVG_PROLOGUE.find(([begin]) => text.startsWith(begin, at));
    if (part === undefined) return /^<svg[\s>]/.test(text.slice(at, at + 5));
    const end = text.indexOf(part[1], at + part[0].length);
    if (end < 0) return false;
    at = end + part[1].length;
  }
}

/** @param brands the bytes after `ftyp`: major brand, version, then compatible brands, four characters each */
function sniffIsoMedia(brands: string): ImageFormat | null {
  const names = [0, ...Array.from({ length: 12 }, (_, i) => 8 + 4 * i)].map((at) => brands.slice(at, at + 4));
  if (names.some((name) => AVIF_BRANDS.has(name))) return 'avif';
  if (names.some((name) => HEIC_BRANDS.has(name))) return 'heic';
  if (VIDEO_BRANDS.has(names[0])) return 'video';
  return null;
}
