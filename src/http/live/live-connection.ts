import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Identity } from '../../access/gate.js';
import { runAs } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { Challenges } from '../../challenges/challenges.js';
import type { LiveSessions } from '../../live/live-sessions.js';
import type { NamingOptions } from '../../people/naming.js';
import { type BodyLease, bodiesBusy } from '../bodies.js';
import { actorOf, ownerOf, withinRights } from '../caller.js';
import { describeError, errorBody, toRostroError } from '../error-handler.js';
import { parseRequest } from '../parse.js';
import { parseGroup } from '../../people/person-details.js';
import { clientGone, deadlineExceeded } from '../request-signal.js';
import { liveSettings } from '../schemas.js';

/** A client that does not read the replies is disconnected at this many buffered bytes. */
const MAX_UNREAD_BYTES = 2 ** 20;

/** Settings take less; parsing megabytes of JSON would block the server. */
const MAX_TEXT_BYTES = 4096;
const CLOSE_TIMEOUT_MS = 1000;
/** No message for so long ends the connection. */
const SILENCE_MS = 600_000;

/** Close codes. Sources: RFC 6455, section 7.4.1; registry of IANA. */
const NORMAL = 1000;
const POLICY_VIOLATION = 1008;
const TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

export interface LiveConnectionParts {
  readonly sessions: LiveSessions;
  readonly challenges: Challenges;
  /** The socket below the WebSocket. */
  readonly received: Duplex;
  /** For the bytes of frames that are being received or wait. */
  readonly lease: BodyLease;
  readonly deadlineMs: number;
  /** @throws RostroError `unauthorised`, `forbidden`; the connection is closed then */
  readonly authorise: () => Promise<Identity>;
  readonly log: Logger;
}

interface Frame {
  /** Counted from 1 on this connection. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * One camera over one WebSocket. Binary messages are frames; text messages are settings: `{"threshold": number | null,
 * "duplicates": boolean, "group": string | null, "details": boolean, "liveness": "off" | "report" | "require",
 * "challenge": string | null}`. While a frame is processed, only the newest following frame waits; the others are answered
 * with `dropped`, so that replies stay current.
 */
export class LiveConnection {
  private readonly session = randomUUID();
  /** For the log, which must not contain the session: anyone who knows it could continue it. */
  private readonly id = randomUUID();
  private frames = 0;
  private pending: Frame | null = null;
  private running = false;
  /** Bytes of the message that is being received. */
  private arriving = 0;
  /** Bytes of the frame in progress. */
  private inProgress = 0;
  private readonly silence: NodeJS.Timeout;
  private options: NamingOptions = {};
  /** The challenge that the frames belong to. */
  private challenge: string | null = null;

  private readonly closed = new AbortController();

  constructor(
    private readonly socket: WebSocket,
    private readonly parts: LiveConnectionParts,
  ) {
    // Before the WebSocket, whose messages end what is counted here.
    parts.received.prependListener('data', (chunk: Buffer) => this.onBytes(chunk.length));
    socket.on('message', (data, isBinary) => this.onMessage(data, isBinary));
    socket.on('close', () => this.onClose());
    socket.on('error', () => socket.terminate());
    this.silence = setTimeout(() => closeWith(socket, NORMAL), SILENCE_MS).unref();
  }

  private onBytes(bytes: number): void {
    this.arriving += bytes;
    if (this.holdBytes() || this.socket.readyState !== this.socket.OPEN) return;
    this.socket.pause();
    this.refuse(bodiesBusy(), TRY_AGAIN_LATER);
  }

  private holdBytes(): boolean {
    return this.parts.lease.hold(this.arriving + this.inProgress + (this.pending?.bytes.length ?? 0));
  }

  private onMessage(data: RawData, isBinary: boolean): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.silence.refresh();
    const bytes = data as Buffer;
    this.arriving = 0;
    if (isBinary) this.onFrame(bytes);
    else if (bytes.length > MAX_TEXT_BYTES) this.refuse(textTooLarge(), TOO_BIG);
    else this.configure(bytes.toString());
    this.holdBytes();
  }

  private onFrame(bytes: Buffer): void {
    const frame = { number: ++this.frames, bytes };
    if (this.pending !== null) this.send({ type: 'dropped', frame: this.pending.number });
    this.pending = frame;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.pending !== null) {
      const frame = this.pending;
      this.pending = null;
      this.inProgress = frame.bytes.length;
      await this.answer(frame);
      this.inProgress = 0;
      this.holdBytes();
    }
    this.running = false;
  }

  private async answer({ number, bytes }: Frame): Promise<void> {
    const { sessions, challenges, authorise, deadlineMs } = this.parts;
    const { challenge } = this;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(deadlineExceeded(deadlineMs)), deadlineMs);
    try {
      const identity = await authorise();
      const options = withinRights(this.options, identity);
      const signal = AbortSignal.any([timeout.signal, this.closed.signal]);
      const reply = await runAs(actorOf(identity), async () =>
        challenge === null
          ? { type: 'faces', frame: number, ...(await sessions.recognize(this.session, bytes, options, signal)) }
          : {
              type: 'challenge',
              frame: number,
              ...(await challenges.observe(challenge, ownerOf(identity), bytes, signal)),
            },
      );
      this.send(reply);
    } catch (error) {
      this.fail(error, number);
    }
    clearTimeout(timer);
    if (this.closed.signal.aborted) sessions.forget(this.session);
  }

  private onClose(): void {
    this.pending = null;
    clearTimeout(this.silence);
    this.parts.lease.end();
    this.closed.abort(clientGone());
    this.parts.sessions.forget(this.session);
    this.parts.log.info({ id: this.id, route: '/live', frames: this.frames }, 'a live connection was closed');
  }

  private configure(text: string): void {
    try {
      const { threshold, group, challenge, ...rest } = parseRequest(liveSettings, parseJson(text), 'message');
      this.options = { ...rest, threshold: threshold ?? undefined, group: group ? parseGroup(group) : undefined };
      this.challenge = challenge;
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

  private refuse(error: RostroError, closeCode: number): void {
    this.fail(error, null);
    closeWith(this.socket, closeCode);
  }

  private send(message: object): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MAX_UNREAD_BYTES) this.socket.terminate();
    else this.socket.send(JSON.stringify(message));
  }
}

/** Closes a connection, and terminates it if the client does not answer. */
export function closeWith(client: WebSocket, code: number): void {
  client.close(code);
  setTimeout(() => client.terminate(), CLOSE_TIMEOUT_MS).unref();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RostroError('bad_request', 'A text message must be JSON, such as {"threshold": 1.0}.');
  }
}

function textTooLarge(): RostroError {
  return new RostroError('upload_too_large', `A text message may have ${MAX_TEXT_BYTES} bytes.`);
}
