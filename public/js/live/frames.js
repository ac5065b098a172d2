/** @import { Frame, Picture } from './loop.js' */

const JPEG_QUALITY = 0.85;
/** Quality of photos to enrol. */
const KEPT_JPEG_QUALITY = 0.95;

/** Canvases in turn: two frames are on their way, and one was answered last. */
const CANVASES = 3;

/** Grabs pictures from a playing video. Reuses its canvases: a picture lasts until the third frame after it. */
export class FrameGrabber {
  #scaled = Array.from({ length: CANVASES }, () => newCanvas());
  #turn = 0;
  #full = newCanvas();
  #latest = this.#full;

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
    this.#turn = (this.#turn + 1) % CANVASES;
    this.#latest = this.#scaled[this.#turn];
    return grab(this.video, this.#latest, Math.min(1, maxWidthPx / this.video.videoWidth), JPEG_QUALITY);
  }

  /** The picture of now at the camera's own resolution. @returns {Promise<Frame | null>} */
  full() {
    this.#latest = this.#full;
    return grab(this.video, this.#full, 1, KEPT_JPEG_QUALITY);
  }
}

/** Safari before 16.4 draws to no `OffscreenCanvas`. @returns {Picture} */
function newCanvas() {
  // eslint-disable-next-line compat/compat -- it is used only where it is there
  return 'OffscreenCanvas' in window ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
}

/** @param {HTMLVideoElement} video @param {Picture} picture @param {number} scale @param {number} quality @returns {Promise<Frame | null>} */
async function grab(video, picture, scale, quality) {
  if (!hasPicture(video)) return null;
  const capturedAt = performance.now();
  const width = Math.round(video.videoWidth * scale);
  const height = Math.round(video.videoHeight * scale);
  if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
  contextOf(picture)?.drawImage(video, 0, 0, width, height);
  const blob = await encode(picture, quality);
  return blob && { blob, picture, capturedAt };
}

/** @param {Picture} picture @returns {CanvasRenderingContext2D | null} those of both kinds draw alike */
function contextOf(picture) {
  return /** @type {HTMLCanvasElement} */ (picture).getContext('2d', { alpha: false });
}

/** `toBlob` waits until the page is idle: 49 ms instead of 24 for one frame in ten. @param {Picture} picture @param {number} quality @returns {Promise<Blob | null>} */
function encode(picture, quality) {
  if (!(picture instanceof HTMLCanvasElement)) return picture.convertToBlob({ type: 'image/jpeg', quality });
  return new Promise((resolve) => picture.toBlob(resolve, 'image/jpeg', quality));
}

/** @param {HTMLVideoElement} video */
const hasPicture = (video) =>
  video.srcObject !== null && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0;

/**
 * Fills a square canvas with the part of a picture around a face.
 * @param {HTMLCanvasElement} target @param {Picture} picture @param {import('./types.js').RelativeBox} box
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
