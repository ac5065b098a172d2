/** A camera that gives no frame for so long is asked for its last one again. */
const LONGEST_WAIT_MS = 500;

/** Tells when a playing video shows a frame that has not been taken yet. */
export class NewFrames {
  #isNew = false;
  #wake = () => {};
  #isWatching = false;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
  }

  /** Watches from the first call. @returns {Promise<void>} at once if the frame on the screen is new */
  async next() {
    if (!this.#isWatching) this.#watch();
    if (!this.#isNew) await this.#presented();
    this.#isNew = false;
  }

  /** @returns {Promise<void>} */
  #presented() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Firefox has `requestVideoFrameCallback` since version 132; before, the screen's refresh rate limits the frames. */
  #watch() {
    this.#isWatching = true;
    const wait = (/** @type {() => void} */ shown) =>
      'requestVideoFrameCallback' in this.video
        ? this.video.requestVideoFrameCallback(shown)
        : requestAnimationFrame(shown);
    const shown = () => {
      wait(shown);
      this.#isNew = true;
      this.#wake();
    };
    wait(shown);
  }
}
