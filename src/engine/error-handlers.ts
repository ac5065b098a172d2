const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Loads a library that makes every uncaught error of the process its own, as what Emscripten compiles does, and takes
 * its handlers off again.
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
