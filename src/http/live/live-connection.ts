import { randomUUID } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { Identity } from '../../access/gate.js';
import { runAs } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { LiveSessions } from '../../live/live-sessions.js';
import type { Wishes } from '../../people/name-faces.js';
import { actorOf, withinGroup } from '../caller.js';
import { describeError, errorBody, toRostroError } from '../error-handler.js';
import { parseRequest } from '../parse.js';
import { parseGroup } from '../../people/person-details.js';
import { clientGone, deadlineExceeded } from '../request-signal.js';
import { liveSettings } from '../schemas.js';

/** A client that sends frames and does not read the answers is cut off at this many bytes. */
const MAX_UNREAD_BYTES = 2 ** 20;

/** Close code. Source: RFC 6455, 7.4.1. */
const POLICY_VIOLATION = 1008;

export interface LiveConnectionParts {
  readonly sessions: LiveSessions;
  readonly deadlineMs: number;
  /** @throws RostroError `unauthorised`, `forbidden`: the connection is closed then */
  readonly authorise: () => Promise<Identity>;
  readonly log: Logger;
}

interface Frame {
  /** Counted from 1 on this connection. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * One camera over one WebSocket. A binary message is a frame, a text message `{"threshold": number | null, "duplicates": boolean,
 * "group": string | null, "details": boolean}`. Frames that come while one is looked at are not queued: the newest waits, the others are answered as dropped, so that answers are
 * never about what was long ago.
 */
export class LiveConnection {
  private readonly session = randomUUID();
  /** For the log: whoever knows the session could continue it. */
  private readonly id = randomUUID();
  private frames = 0;
  private waiting: Frame | null = null;
  private running = false;
  private wishes: Wishes = {};

  private readonly gone = new AbortController();

  constructor(
    private readonly socket: WebSocket,
    private readonly parts: LiveConnectionParts,
  ) {
    socket.on('message', (data, isBinary) => this.take(data, isBinary));
    socket.on('close', () => this.end());
    socket.on('error', () => socket.terminate());
  }

  private take(data: RawData, isBinary: boolean): void {
    if (!isBinary) return this.configure((data as Buffer).toString());
    const frame = { number: ++this.frames, bytes: data as Buffer };
    if (this.waiting !== null) this.send({ type: 'dropped', frame: this.waiting.number });
    this.waiting = frame;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting !== null) {
      const frame = this.waiting;
      this.waiting = null;
      await this.answer(frame);
    }
    this.running = false;
  }

  private async answer({ number, bytes }: Frame): Promise<void> {
    const { sessions, authorise, deadlineMs } = this.parts;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(deadlineExceeded(deadlineMs)), deadlineMs);
    try {
      const identity = await authorise();
      const wishes = withinGroup(this.wishes, identity);
      const signal = AbortSignal.any([late.signal, this.gone.signal]);
      const recognition = await runAs(actorOf(identity), () => sessions.recognize(this.session, bytes, wishes, signal));
      this.send({ type: 'faces', frame: number, ...recognition });
    } catch (error) {
      this.fail(error, number);
    }
    clearTimeout(timer);
    if (this.gone.signal.aborted) sessions.forget(this.session);
  }

  private end(): void {
    this.waiting = null;
    this.gone.abort(clientGone());
    this.parts.sessions.forget(this.session);
    this.parts.log.info({ id: this.id, route: '/live', frames: this.frames }, 'a live connection was closed');
  }

  private configure(text: string): void {
    try {
      const { threshold, group, ...rest } = parseRequest(liveSettings, parsed(text), 'message');
      this.wishes = { ...rest, threshold: threshold ?? undefined, group: group ? parseGroup(group) : undefined };
    } catch (error) {
      this.fail(error, null);
    }
  }

  private fail(error: unknown, frame: number | null): void {
    const known = toRostroError(error);
    if (known.code === 'internal') {
      this.parts.log.error({ id: this.id, ...describeError(error) }, 'a frame failed unexpectedly');
    }
    this.send({ type: 'error', frame, error: errorBody(known) });
    if (known.code === 'unauthorised' || known.code === 'forbidden') this.socket.close(POLICY_VIOLATION);
  }

  private send(message: object): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MAX_UNREAD_BYTES) this.socket.terminate();
    else this.socket.send(JSON.stringify(message));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RostroError('bad_request', 'A text message must be JSON, such as {"threshold": 1.0}.');
  }
}
