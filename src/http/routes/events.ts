import { Router, type Request } from 'express';
import type { Gate } from '../../access/gate.js';
import { RostroError } from '../../shared/errors.js';
import type { CameraEvent } from '../../events/event.js';
import type { EventHub } from '../../events/event-hub.js';
import type { Services } from '../services.js';
import { EVENTS_SCOPE } from '../access-table.js';
import { credentialsOf } from '../credentials.js';
import { checkScope } from '../guard.js';
import { parseRequest } from '../parse.js';
import { eventsQuery } from '../schemas.js';
import { EventStream } from '../event-stream.js';

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
