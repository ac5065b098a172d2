import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { BodyBudget } from '../../../src/http/bodies.js';
import { LiveConnection, type LiveConnectionParts } from '../../../src/http/live/live-connection.js';

const TEN_MINUTES = 600_000;
const OPEN = 1;
const CLOSING = 2;

class FakeWebSocket extends EventEmitter {
  readonly OPEN = OPEN;
  readyState = OPEN;
  readonly bufferedAmount = 0;
  readonly sent: { type: string; error?: { code: string } }[] = [];
  readonly done: (number | string)[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close(code: number): void {
    this.readyState = CLOSING;
    this.done.push(code);
  }
  pause(): void {
    this.done.push('paused');
  }
  terminate(): void {
    this.done.push('terminated');
  }
}

let socket: FakeWebSocket;
let received: EventEmitter;
let budget: BodyBudget;
beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeWebSocket();
  received = new EventEmitter();
  budget = new BodyBudget({ totalBytes: 1000, shareBytes: 500, waitMs: 1000 });
  const parts = {
    received,
    lease: budget.lease('a key'),
    deadlineMs: 1000,
    authorise: () => new Promise(() => undefined),
    sessions: { forget: () => undefined },
    log: { info: () => undefined },
  };
  new LiveConnection(socket as unknown as WebSocket, parts as unknown as LiveConnectionParts);
});
afterEach(() => vi.useRealTimers());

const arrive = (bytes: number) => received.emit('data', Buffer.alloc(bytes));
const message = (bytes: Buffer, isBinary: boolean) => socket.emit('message', bytes, isBinary);

describe('a connection to /live', () => {
  it('is closed after ten minutes without a message', () => {
    vi.advanceTimersByTime(TEN_MINUTES - 1);
    message(Buffer.from('{}'), false);
    vi.advanceTimersByTime(TEN_MINUTES - 1);
    expect(socket.done).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(socket.done).toEqual([1000]);
    vi.advanceTimersByTime(1000);
    expect(socket.done).toEqual([1000, 'terminated']);
  });

  it('refuses a text message beyond 4 KB and reads no further ones', () => {
    message(Buffer.alloc(4097, ' '), false);
    message(Buffer.from('nonsense'), false);
    expect(socket.sent.map(({ error }) => error?.code)).toEqual(['upload_too_large']);
    expect(socket.done).toEqual([1009]);
  });

  it('holds the bytes of what arrives, of the frame in progress and of the next one', () => {
    arrive(100);
    expect(budget.heldBytes).toBe(100);
    message(Buffer.alloc(98), true);
    expect(budget.heldBytes).toBe(98);
    arrive(200);
    message(Buffer.alloc(198), true);
    arrive(150);
    message(Buffer.alloc(148), true);
    expect(budget.heldBytes).toBe(98 + 148);
    socket.emit('close');
    expect(budget.heldBytes).toBe(0);
  });

  it('is closed when there is no memory for its next frame', () => {
    budget.lease('a key').hold(400);
    arrive(100);
    expect(socket.done).toEqual([]);
    arrive(1);
    arrive(1);
    expect(socket.sent.map(({ error }) => error?.code)).toEqual(['busy']);
    expect(socket.done).toEqual(['paused', 1013]);
  });
});
