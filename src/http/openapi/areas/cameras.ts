import { z } from 'zod';
import { cameraEventSchema } from '../../../events/event.js';
import * as schemas from '../../schemas.js';
import { file, json, type Area } from '../operation.js';

const { cameraPath } = schemas;

/** Cameras, their events, and the receivers. */
export const CAMERAS: Area = {
  name: 'Cameras and events',
  description: 'The cameras of the server, their events, and the receivers of events.',
  operations: {
    'GET /cameras': {
      id: 'listCameras',
      summary: 'The cameras of the server',
      reply: json(schemas.cameras),
      errors: ['not_ready'],
    },
    'GET /cameras/:id': {
      id: 'getCamera',
      summary: 'State of a camera, and the faces in front of it',
      path: cameraPath,
      reply: json(schemas.camera),
      errors: ['camera_not_found', 'not_ready'],
    },
    'GET /cameras/:id/snapshot': {
      id: 'getSnapshot',
      summary: 'The newest frame of a camera',
      description: 'Older frames are not kept.',
      path: cameraPath,
      reply: file('image/jpeg'),
      errors: ['camera_not_found', 'camera_not_live', 'not_ready'],
    },
    'GET /cameras/:id/tracks/:track/crop': {
      id: 'getTrackCrop',
      summary: 'The best crop of a face in front of the camera',
      path: schemas.trackPath,
      reply: file('image/jpeg'),
      errors: ['camera_not_found', 'track_not_found', 'bad_request', 'not_ready'],
    },
    'GET /events': {
      id: 'listenToEvents',
      summary: 'Camera events as they happen',
      description:
        'Server-Sent Events: `id` is the id of the event, `event` its type, `data` a `CameraEvent` as JSON. The stream stays open.',
      query: schemas.eventsQuery,
      headers: z.object({
        'Last-Event-ID': z
          .string()
          .optional()
          .describe('Sends the events after this one first. Browsers set it when they reconnect.'),
      }),
      reply: {
        description: 'The stream; the schema is the data of each event.',
        content: { 'text/event-stream': cameraEventSchema },
      },
      errors: ['bad_request', 'busy', 'not_ready'],
    },
    'GET /deliveries': {
      id: 'listReceivers',
      summary: 'The receivers of events and their status',
      reply: json(schemas.deliveries),
      errors: ['not_ready'],
    },
    'POST /deliveries/:id/retry': {
      id: 'retryDeliveries',
      summary: 'Send dead letters again',
      path: schemas.receiverPath,
      reply: json(schemas.retried),
      errors: ['receiver_not_found', 'storage_failed', 'not_ready'],
    },
  },
};
