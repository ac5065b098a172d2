import { RostroApiError } from '/client/index.js';

const NOT_READY_PAUSE_MS = 1000;

/**
 * Does it, and does it again every second while the server says that it is still loading.
 * @template T
 * @param {() => Promise<T>} action
 * @param {(waiting: boolean) => void} [onWaiting] told true when the waiting begins, false when it ends
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
