import { type Request, type Response, Router } from 'express';
import type { Gate } from '../../access/gate.js';
import type { EventHub } from '../../events/event-hub.js';
import type { CameraEvent } from '../../events/event.js';
import { RostroError } from '../../shared/errors.js';
import { heaviestHolder } from '../../shared/fair-share.js';
import { EVENTS_SCOPE } from '../access-table.js';
import { credentialsOf, holderOf } from '../caller.js';
import { publicPathOf } from '../public-path.js';
import { checkScope, isRefusal } from '../guard.js';
import { parseRequest } from '../parse.js';
import { eventsQuery } from '../schemas.js';
import type { Services } from '../services.js';
import { SerialQueue } from '../../shared/queue.js';

/** At the limit, a newcomer takes the place of a stream of the key that has more, or is refused with `busy`. */
const MAX_STREAMS = 100;

/** `GET /events`: camera events as Server-Sent Events. */
export function eventsRoute(services: () => Services, gate: Gate): Router {
  /** The holder of each stream, oldest first. */
  const streams = new Map<EventStream, string>();
  return Router().get('/events', (request, response) => {
    const { events } = services();
    const { camera, type, replay } = parseRequest(eventsQuery, request.query, 'query');
    const holder = holderOf(request, response);
    makeRoom(streams, holder);
    const matches = (event: CameraEvent) =>
      (camera === undefined || event.camera === camera) && (type === undefined || event.type === type);
    const stream = new EventStream(response, { matches, authorise: () => authorise(gate, request) });
    streams.set(stream, holder);
    for (const event of eventsToReplay(events, request, matches, replay)) stream.send(event);
    stream.sendLastId(events.lastId);
    const leave = [events.subscribe((event) => stream.send(event)), events.onClose(() => stream.end())];
    response.once('close', () => {
      for (const stop of leave) stop();
      stream.end();
      streams.delete(stream);
    });
  });
}

/** @throws RostroError `busy` if no other holder has more streams */
function makeRoom(streams: Map<EventStream, string>, newcomer: string): void {
  if (streams.size < MAX_STREAMS) return;
  const heaviest = heaviestHolder([...streams.values(), newcomer]);
  const oldest = [...streams].find(([, holder]) => holder === heaviest);
  if (oldest === undefined || heaviest === newcomer) {
    throw new RostroError('busy', 'The server has as many streams of events as it takes; try again in a moment.');
  }
  streams.delete(oldest[0]);
  oldest[0].end();
}

/** The events after `Last-Event-ID`; without it the last `replay` events that match. */
function eventsToReplay(
  events: EventHub,
  request: Request,
  matches: (event: CameraEvent) => boolean,
  replay: number,
): readonly CameraEvent[] {
  const last = request.get('last-event-id');
  if (last !== undefined && last !== '') return events.since(last);
  return replay === 0 ? [] : events.since('').filter(matches).slice(-replay);
}

/** Repeated while the stream is open: a key may be revoked, a session may end. @throws RostroError `unauthorised`, `forbidden` */
async function authorise(gate: Gate, request: Request): Promise<void> {
  const credentials = credentialsOf(request.headers, request.secure, publicPathOf(request));
  checkScope(await gate.recheck(credentials), EVENTS_SCOPE);
}

/** A comment keeps proxies from closing the connection. */
const HEARTBEAT_MS = 15_000;
/** A stream whose key was revoked ends within this time. */
const RECHECK_EVERY_MS = 1000;
/** For the last events to be sent. */
const END_TIMEOUT_MS = 1000;
/** Browsers reconnect after this time. */
const RETRY_MS = 2000;
/** A client that does not read is disconnected at this many buffered bytes. */
const MAX_UNREAD_BYTES = 2 ** 20;

export interface EventStreamParts {
  readonly matches: (event: CameraEvent) => boolean;
  /** Rejects when the stream must end. */
  readonly authorise: () => Promise<void>;
}

/** One reply of Server-Sent Events. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly rechecker: NodeJS.Timeout;
  private readonly writes = new SerialQueue();

  constructor(
    private readonly response: Response,
    private readonly parts: EventStreamParts,
  ) {
    response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    // The connection ends with the stream, so that a stopping server does not wait for it.
    response.set('Connection', 'close');
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS).unref();
    this.rechecker = setInterval(() => this.recheck(), RECHECK_EVERY_MS).unref();
  }

  send(event: CameraEvent): void {
    if (!this.parts.matches(event)) return;
    this.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Tells the client the last id, so that it misses nothing if it reconnects before the first event. */
  sendLastId(id: string): void {
    this.write(`id: ${id}\n\n`);
  }

  /** Ends the stream after all pending writes. */
  end(): void {
    clearInterval(this.heartbeat);
    clearInterval(this.rechecker);
    void this.writes.run(() => void this.response.end());
    // A client that does not read does not keep its place.
    setTimeout(() => this.response.destroy(), END_TIMEOUT_MS).unref();
  }

  private recheck(): void {
    this.parts.authorise().catch((error: unknown) => {
      if (isRefusal(error)) this.end();
    });
  }

  /** Writes one after the other, each after a new check of the authorisation. */
  private write(text: string): void {
    void this.writes.run(async () => {
      const hasEnded = () => this.response.writableEnded;
      if (hasEnded()) return;
      const mayRead = await this.parts.authorise().then(
        () => true,
        () => false,
      );
      if (!mayRead) this.response.end();
      else if (this.response.writableLength > MAX_UNREAD_BYTES) this.response.destroy();
      else if (!hasEnded()) this.response.write(text);
    });
  }
}

/** Receivers of events (webhooks, MQTT): their status, and a retry of dead letters; with the plugins for administrators. */
export function deliveriesRoutes(services: () => Services): Router {
  return Router()
    .get('/deliveries', (_request, response) => {
      response.json({ receivers: services().deliveries.status });
    })
    .get('/integrations', (_request, response) => {
      const { plugins, deliveries } = services();
      response.json({ plugins, receivers: deliveries.status });
    })
    .post('/deliveries/:id/retry', async (request, response) => {
      response.json({ retried: await services().deliveries.retry(request.params.id) });
    });
}
