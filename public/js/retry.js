import { RostroApiError } from '../client/index.js';

const NOT_READY_PAUSE_MS = 1000;

/**
 * Calls a function and repeats it every second while the server is loading.
 * @template T
 * @param {() => Promise<T>} action
 * @param {(waiting: boolean) => void} [onWaiting] called with true when the waiting begins, with false when it ends
 * @returns {Promise<T>}
 */
export async function whenReady(action, onWaiting) {
  for (let waited = false; ; waited = true) {
    try {
      const result = await action();
      if (waited) onWaiting?.(false);
      return result;
    } catch (error) {
      if (!(error instanceof RostroApiError && error.code === 'not_ready')) {
        if (waited) onWaiting?.(false);
        throw error;
      }
      if (!waited) onWaiting?.(true);
      await new Promise((resolve) => setTimeout(resolve, NOT_READY_PAUSE_MS));
    }
  }
}
