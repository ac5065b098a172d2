import { RostroError } from '../../shared/errors.js';
import type { ChangeWriter } from './change-writer.js';
import { storageFailed } from '../gallery.js';
import type { WritePermission } from './folder-lock.js';

/** One write after the other, each with the folder's lock and on a settled disk; a failed one does not hold up the next. */
export class WriteTurns {
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly permission: WritePermission,
    private readonly writer: ChangeWriter,
  ) {}

  /** @throws RostroError `storage_failed`, `gallery_locked`, and what `write` throws */
  inTurn<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    const settleAndWrite = async (): Promise<T> => {
      try {
        await this.permission.confirm();
        await this.writer.settle();
        return await write();
      } catch (error) {
        throw storageFailed('The gallery could not be written', error);
      }
    };
    const result = this.#lastWrite.then(settleAndWrite);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  /** Finishes what was asked for and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastWrite;
  }
}

function closed(): RostroError {
  return new RostroError('storage_failed', 'The gallery is closed: the server is stopping.');
}
