const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Loads a library and removes the handlers for uncaught errors that it adds to the process, as code compiled by
 * Emscripten does.
 */
export async function withoutErrorHandlers<T>(load: () => T | Promise<T>): Promise<T> {
  const before = EVENTS.map((event) => process.listeners(event as 'exit'));
  try {
    return await load();
  } finally {
    EVENTS.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before[i].includes(listener)) process.removeListener(event, listener);
      }
    });
  }
}
