import type { IncomingMessage, Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** How often idle connections are closed during a stop. */
const SWEEP_MS = 50;

/**
 * Call it before the server listens.
 * @returns stops the server: it accepts no new connections and waits for running requests; those that take longer than
 *   `withinMs` lose their connection. Busy keep-alive connections are closed with their next reply. Connections without
 *   any request yet, which browsers open in advance and Node.js counts as busy, are closed immediately.
 */
export function gracefulStop(server: Server): (withinMs: number) => Promise<void> {
  const unused = new Set<Socket>();
  const isUsed = ({ socket }: IncomingMessage) => unused.delete(socket);
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', isUsed);
  server.on('upgrade', isUsed);
  return (withinMs) =>
    new Promise((resolve) => {
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, withinMs);
      server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
      const sweep = setInterval(() => {
        server.closeIdleConnections();
      }, SWEEP_MS);
      server.close(() => {
        clearTimeout(cut);
        clearInterval(sweep);
        resolve();
      });
      server.closeIdleConnections();
      for (const socket of unused) socket.destroy();
    });
}
