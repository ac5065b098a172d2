import { type Request, type Response, Router } from 'express';
import type { Gate } from '../../access/gate.js';
import type { EventHub } from '../../events/event-hub.js';
import type { CameraEvent } from '../../events/event.js';
import { RostroError } from '../../shared/errors.js';
import { EVENTS_SCOPE } from '../access-table.js';
import { credentialsOf } from '../caller.js';
import { checkScope } from '../guard.js';
import { parseRequest } from '../parse.js';
import { eventsQuery } from '../schemas.js';
import type { Services } from '../services.js';

/** More are refused with `busy`. */
const MAX_STREAMS = 100;

/** `GET /events`: what the cameras tell, as Server-Sent Events. */
export function eventsRoute(services: () => Services, gate: Gate): Router {
  const streams = new Set<EventStream>();
  return Router().get('/events', (request, response) => {
    const { events } = services();
    const { camera, type, replay } = parseRequest(eventsQuery, request.query, 'query');
    if (streams.size >= MAX_STREAMS) {
      throw new RostroError('busy', 'The server has as many streams of events as it takes; try again in a moment.');
    }
    const isWanted = (event: CameraEvent) =>
      (camera === undefined || event.camera === camera) && (type === undefined || event.type === type);
    const stream = new EventStream(response, { isWanted, authorise: () => authorise(gate, request) });
    streams.add(stream);
    for (const event of missed(events, request, isWanted, replay)) stream.send(event);
    stream.mark(events.lastId);
    const leave = [events.listen((event) => stream.send(event)), events.onEnd(() => stream.end())];
    response.once('close', () => {
      for (const stop of leave) stop();
      stream.end();
      streams.delete(stream);
    });
  });
}

/** What a browser that connects again has not heard; else as many of the last events that it wants as are asked for. */
function missed(
  events: EventHub,
  request: Request,
  isWanted: (event: CameraEvent) => boolean,
  replay: number,
): readonly CameraEvent[] {
  const last = request.get('last-event-id');
  if (last !== undefined && last !== '') return events.since(last);
  return replay === 0 ? [] : events.since('').filter(isWanted).slice(-replay);
}

/** Asked again while the stream is open: a key may be revoked, a login end. @throws RostroError `unauthorised`, `forbidden` */
async function authorise(gate: Gate, { headers, secure }: Request): Promise<void> {
  checkScope(await gate.identifyAgain(credentialsOf(headers, secure)), EVENTS_SCOPE);
}

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

/** Who outside is told of events, how that goes, and trying again what was given up. */
export function deliveriesRoutes(services: () => Services): Router {
  return Router()
    .get('/deliveries', (_request, response) => {
      response.json({ receivers: services().deliveries.status });
    })
    .post('/deliveries/:id/retry', async (request, response) => {
      response.json({ retried: await services().deliveries.retry(request.params.id) });
    });
}
