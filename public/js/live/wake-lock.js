/** Keeps the screen on while the camera plays, where the browser can: a dark screen hides the page, and that pauses it. */
export class WakeLock {
  /** @type {Promise<WakeLockSentinel | undefined>} */
  #sentinel = Promise.resolve(undefined);

  /** Also to be called when the page is shown again: hiding it let the lock go. */
  take() {
    this.release();
    this.#sentinel = navigator.wakeLock?.request('screen').catch(() => undefined) ?? Promise.resolve(undefined);
  }

  release() {
    void this.#sentinel.then((sentinel) => sentinel?.release());
    this.#sentinel = Promise.resolve(undefined);
  }
}
