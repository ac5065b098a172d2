import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CameraEvent } from '../../src/events/event.js';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: CameraEvent;
}

/** The response: a status, none, or a closed connection after the request was read. */
export type Answer = number | 'hang' | 'cut';

/** A receiver of webhooks on 127.0.0.1. */
export class WebhookReceiver {
  /** All complete requests, with any response. */
  readonly received: Received[] = [];

  private constructor(private readonly server: Server) {}

  static async start(answer: (received: Received, count: number) => Answer): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const received = { headers: request.headers, body, event: JSON.parse(body) as CameraEvent };
        receiver.received.push(received);
        const status = answer(received, receiver.received.length);
        if (status === 'cut') request.socket.destroy();
        else if (status !== 'hang') response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
