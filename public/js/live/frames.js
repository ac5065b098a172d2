/** @import { Frame } from './loop.js' */

const JPEG_QUALITY = 0.85;
/** Quality of photos to enrol. */
const KEPT_JPEG_QUALITY = 0.95;

/** Grabs pictures from a playing video. Reuses two canvases. */
export class FrameGrabber {
  #scaled = document.createElement('canvas');
  #full = document.createElement('canvas');
  #latest = this.#scaled;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
  }

  /** The last picture. */
  get latest() {
    return this.#latest;
  }

  /** The current picture as JPEG, scaled down to `maxWidthPx`. @param {number} maxWidthPx @returns {Promise<Frame | null>} null while there is no picture */
  scaled(maxWidthPx) {
    this.#latest = this.#scaled;
    return grab(this.video, this.#scaled, Math.min(1, maxWidthPx / this.video.videoWidth), JPEG_QUALITY);
  }

  /** The picture of now at the camera's own resolution. @returns {Promise<Frame | null>} */
  full() {
    this.#latest = this.#full;
    return grab(this.video, this.#full, 1, KEPT_JPEG_QUALITY);
  }
}

/** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @param {number} scale @param {number} quality @returns {Promise<Frame | null>} */
async function grab(video, canvas, scale, quality) {
  if (!hasPicture(video)) return null;
  const capturedAt = performance.now();
  const width = Math.round(video.videoWidth * scale);
  const height = Math.round(video.videoHeight * scale);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext('2d', { alpha: false })?.drawImage(video, 0, 0, width, height);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) =>
    canvas.toBlob(resolve, 'image/jpeg', quality),
  );
  return blob && { blob, capturedAt };
}

/** @param {HTMLVideoElement} video */
const hasPicture = (video) =>
  video.srcObject !== null && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0;

/**
 * Fills a square canvas with the part of a picture around a face.
 * @param {HTMLCanvasElement} target @param {HTMLCanvasElement} picture @param {import('./types.js').RelativeBox} box
 */
export function drawFace(target, picture, box) {
  const { width, height } = picture;
  const side = Math.min(1.3 * Math.max(box.width * width, box.height * height), width, height);
  const within = (/** @type {number} */ start, /** @type {number} */ room) => Math.max(0, Math.min(start, room - side));
  const x = within((box.x + box.width / 2) * width - side / 2, width);
  const y = within((box.y + box.height / 2) * height - side / 2, height);
  const context = target.getContext('2d');
  if (!context || side === 0) return;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, x, y, side, side, 0, 0, target.width, target.height);
}
