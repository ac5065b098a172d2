import type { Server } from 'node:http';

/**
 * Stops accepting and waits for what runs; requests that are not answered in time lose their connection. A connection of
 * a page that keeps asking is never idle; it is closed with its next answer.
 */
export function stopServer(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, withinMs);
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
