import { drawOverlay } from './overlay.js';

/**
 * @import { Look } from './overlay.js'
 * @import { Track, Tracks } from './tracks.js'
 * @typedef {{ tracks: Tracks, lookOf: (track: Track) => Look, onExpired: () => void }} StageParts
 */

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** The video and the canvas above it, redrawn at the screen's refresh rate. */
export class Stage {
  #frame = 0;
  #drawnAt = 0;
  #clear = true;

  /** @param {HTMLElement} element with a video and a canvas @param {StageParts} parts */
  constructor(element, parts) {
    this.element = element;
    this.parts = parts;
    this.video = /** @type {HTMLVideoElement} */ (element.querySelector('video'));
    this.canvas = /** @type {HTMLCanvasElement} */ (element.querySelector('canvas'));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.size = { width: 0, height: 0 };
    this.video.addEventListener('resize', () => this.#takeShape());
    new ResizeObserver(() => this.#fit()).observe(this.canvas);
  }

  start() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.context.clearRect(0, 0, this.size.width, this.size.height);
  }

  /** Reports clicks on faces; the list of faces does the same for the keyboard. @param {(track: Track) => void} onFace */
  onFace(onFace) {
    this.canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      const track = this.parts.tracks.at(offsetX / this.size.width, offsetY / this.size.height);
      if (track) onFace(track);
    });
  }

  #draw = (/** @type {number} */ now) => {
    const { tracks, lookOf, onExpired } = this.parts;
    if (tracks.expire(performance.now())) onExpired();
    tracks.glide(reducedMotion.matches ? Infinity : now - this.#drawnAt);
    this.#drawnAt = now;
    if (tracks.all.length > 0 || !this.#clear) drawOverlay(this.context, this.size, tracks.all, lookOf);
    this.#clear = tracks.all.length === 0;
    this.#frame = requestAnimationFrame(this.#draw);
  };

  /** Gives the stage the picture's aspect ratio, so that the canvas covers exactly the picture. */
  #takeShape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoHeight > 0) this.element.style.setProperty('--shape', String(videoWidth / videoHeight));
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = window.devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.size = { width, height };
    this.#clear = false;
  }
}
