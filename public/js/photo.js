/**
 * An upright bitmap of a photo, or null if the browser cannot read it. Close it after use.
 * @param {Blob} file
 * @returns {Promise<ImageBitmap | null>}
 */
export function decodePhoto(file) {
  return createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
}

/**
 * Draws a photo on a canvas, scaled down to a longer side of `maxSidePx`.
 * @param {HTMLCanvasElement} canvas
 * @param {Blob} file
 * @param {number} maxSidePx
 * @returns {Promise<boolean>} whether the browser could read it
 */
export async function showPhoto(canvas, file, maxSidePx) {
  const photo = await decodePhoto(file);
  if (photo === null) return false;
  const scale = Math.min(1, maxSidePx / Math.max(photo.width, photo.height));
  canvas.width = Math.max(1, Math.round(photo.width * scale));
  canvas.height = Math.max(1, Math.round(photo.height * scale));
  const context = canvas.getContext('2d');
  if (context) {
    context.imageSmoothingQuality = 'high';
    context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  }
  photo.close();
  return true;
}
