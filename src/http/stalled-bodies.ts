import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bytes per second, on average over the time limit. A slower client counts as stalled: one that sends a byte now and then
 * keeps a connection. Apache's mod_reqtimeout has the same MinRate.
 */
const LEAST_RATE = 500;
const MOST_CHECK_MS = 1000;

interface Receiving {
  readonly response: ServerResponse;
  /** Of the connection, when the time began. */
  bytes: number;
  /** Milliseconds. */
  since: number;
}

/**
 * Answers 408 to requests whose body stalls, and closes their connections. `requestTimeout` of Node.js would limit the whole
 * time instead, which cuts large uploads over slow lines.
 */
export function limitStalls(server: Server, limitMs: number): void {
  const receiving = new Map<IncomingMessage, Receiving>();
  const leastBytes = (LEAST_RATE * limitMs) / 1000;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    receiving.set(request, { response, bytes: socket.bytesRead, since: performance.now() });
  });
  const check = (): void => {
    const now = performance.now();
    for (const [request, state] of receiving) {
      const { socket } = request;
      if (request.complete || socket.destroyed) {
        receiving.delete(request);
      } else if (socket.bytesRead - state.bytes >= leastBytes) {
        Object.assign(state, { bytes: socket.bytesRead, since: now });
      } else if (now - state.since > limitMs) {
        receiving.delete(request);
        refuse(socket, state.response);
      }
    }
  };
  const timer = setInterval(check, Math.min(MOST_CHECK_MS, limitMs)).unref();
  server.once('close', () => clearInterval(timer));
}

/** As Node.js answers requests that take too long. */
function refuse(socket: Socket, response: ServerResponse): void {
  if (!response.headersSent) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  socket.destroySoon();
}
