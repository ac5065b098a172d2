import type { IncomingMessage, Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** How soon a connection is closed whose last answer was begun before the stop. */
const SWEEP_MS = 50;

/**
 * To be called before anybody connects.
 * @returns stops the server: it accepts nobody new and waits for what runs; requests that are not answered in time lose
 *   their connection. A connection of a page that keeps asking is never idle; it is closed with its next answer. One that
 *   has not brought a request yet, as browsers hold some ready, Node.js would take for busy; it is closed at once.
 */
export function stopperOf(server: Server): (withinMs: number) => Promise<void> {
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
