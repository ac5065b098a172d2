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

/**
 * A grey picture in place of a photo that the browser cannot read, such as HEIC outside Safari, for the boxes of its faces.
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number }} photo pixels, as the server read it
 * @param {number} maxSidePx
 */
export function showBlank(canvas, { width, height }, maxSidePx) {
  const scale = Math.min(1, maxSidePx / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = '#6b7478';
  context.fillRect(0, 0, canvas.width, canvas.height);
}
