import type { Response } from 'express';
import type { CameraEvent } from '../events/event.js';

/** A comment, so that proxies do not take the connection for dead; and a moment to ask whether it may still be open. */
const HEARTBEAT_MS = 15_000;
/** A browser connects again after so long. */
const RETRY_MS = 2000;
/** A client that does not read is cut off at this many bytes. */
const MAX_UNREAD_BYTES = 2 ** 20;

export interface EventStreamParts {
  readonly isWanted: (event: CameraEvent) => boolean;
  /** Rejects when the stream must not go on. */
  readonly authorise: () => Promise<void>;
}

/** One reply of Server-Sent Events. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly response: Response,
    private readonly parts: EventStreamParts,
  ) {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    // The end of the stream is the end of the connection, so that a server that stops has none left to wait for.
    response.set('Connection', 'close');
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS).unref();
  }

  send(event: CameraEvent): void {
    if (!this.parts.isWanted(event)) return;
    this.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Tells a client that hears of no event where it would go on: what comes while it connects again is not lost. */
  mark(id: string): void {
    this.write(`id: ${id}\n\n`);
  }

  /** When all that was sent is written. */
  end(): void {
    clearInterval(this.heartbeat);
    this.turn = this.turn.then(() => void this.response.end());
  }

  /** One after the other, each when it is known that the client may still read it. */
  private write(text: string): void {
    this.turn = this.turn.then(async () => {
      const isOver = () => this.response.writableEnded;
      if (isOver()) return;
      const mayRead = await this.parts.authorise().then(
        () => true,
        () => false,
      );
      if (!mayRead) this.response.end();
      else if (this.response.writableLength > MAX_UNREAD_BYTES) this.response.destroy();
      else if (!isOver()) this.response.write(text);
    });
  }
}
