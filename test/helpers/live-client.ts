import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';
import type { z } from 'zod';
import { liveMessage } from '../../src/http/schemas.js';

export type LiveMessage = z.infer<typeof liveMessage>;

/** A client of `/live`. Checks every message against its schema. */
export class LiveClient {
  private readonly messages: LiveMessage[] = [];
  private wake = () => {};
  /** The code of the close frame. */
  readonly closed: Promise<number>;

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.messages.push(liveMessage.parse(JSON.parse(data.toString())));
      this.wake();
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** Bytes are a frame, text is settings. */
  send(message: Buffer | string): void {
    this.socket.send(message);
  }

  /** Waits for the next message. */
  async next(): Promise<LiveMessage> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.messages.shift()!;
  }

  /** The faces of one frame. */
  async see(frame: Buffer): Promise<Extract<LiveMessage, { type: 'faces' }>> {
    this.send(frame);
    const message = await this.next();
    if (message.type !== 'faces') throw new Error(JSON.stringify(message));
    return message;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

export async function connectLive(url: string, options: ClientOptions = {}): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, options);
  const client = new LiveClient(socket);
  await once(socket, 'open');
  return client;
}

/** The response that refuses a connection. */
export async function refusalOf(url: string, options: ClientOptions = {}) {
  const socket = new WebSocket(url.replace('http', 'ws'), options);
  const [, reply] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of reply) body += String(chunk);
  const json = JSON.parse(body) as { error: { code: string; message: string } };
  return { status: reply.statusCode, code: json.error.code, retryAfter: reply.headers['retry-after'] };
}
