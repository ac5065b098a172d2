/** One change after the other, so that nobody takes a name while it is being given; a failed one does not hold up the next. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** @param signal ends the waiting with its reason; a change that has begun is finished */
  take<T>(change: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      const result = this.last.then(() => {
        signal?.removeEventListener('abort', leave);
        signal?.throwIfAborted();
        return change();
      });
      this.last = result.catch(() => undefined);
      result.then(resolve, reject);
    });
  }
}
