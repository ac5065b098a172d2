import { sharp } from './sharp.js';

/** Sides of thumbnails in pixels: a card of the pages at one, two and four pixels a CSS pixel. */
export const THUMBNAIL_SIDES = [72, 144, 288] as const;
export type ThumbnailSide = (typeof THUMBNAIL_SIDES)[number];

/** sharp's default is 80; a face of 144 px has 2 to 3 KB. */
const WEBP_QUALITY = 75;

/**
 * A square from the middle of a kept crop as WebP, never enlarged.
 * @returns null if the crop is not a picture that can be decoded
 */
export function thumbnailOf(crop: Uint8Array, side: ThumbnailSide): Promise<Uint8Array | null> {
  return sharp(crop)
    .resize(side, side, { fit: 'cover', withoutEnlargement: true })
    .webp({ quality: WEBP_QUALITY })
    .toBuffer()
    .catch(() => null);
}
