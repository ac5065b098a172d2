/** Keeps the screen on while the camera plays, if the browser can: a dark screen hides and pauses the page. */
export class WakeLock {
  /** @type {Promise<WakeLockSentinel | undefined>} */
  #sentinel = Promise.resolve(undefined);

  /** Call it again when the page is shown: hiding it releases the lock. */
  take() {
    this.release();
    // eslint-disable-next-line compat/compat -- `?.` asks whether it is there.
    this.#sentinel = navigator.wakeLock?.request('screen').catch(() => undefined) ?? Promise.resolve(undefined);
  }

  release() {
    void this.#sentinel.then((sentinel) => sentinel?.release());
    this.#sentinel = Promise.resolve(undefined);
  }
}
