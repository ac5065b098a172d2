import { z } from 'zod';
import { cameraEventSchema } from '../../../events/event.js';
import * as schemas from '../../schemas.js';
import { file, json, type Area } from '../operation.js';

const { cameraPath } = schemas;

/** The server's own cameras, what they tell, and who hears of it. */
export const CAMERAS: Area = {
  name: 'Cameras and events',
  description: "The server's own cameras, what they tell, and who outside is told.",
  operations: {
    'GET /cameras': {
      id: 'listCameras',
      summary: "The server's own cameras",
      reply: json(schemas.cameras),
      errors: ['not_ready'],
    },
    'GET /cameras/:id': {
      id: 'getCamera',
      summary: 'How a camera is, and who is before it',
      path: cameraPath,
      reply: json(schemas.camera),
      errors: ['camera_not_found', 'not_ready'],
    },
    'GET /cameras/:id/snapshot': {
      id: 'getSnapshot',
      summary: 'The newest frame of a camera',
      description: 'No other is kept.',
      path: cameraPath,
      reply: file('image/jpeg'),
      errors: ['camera_not_found', 'camera_not_live', 'not_ready'],
    },
    'GET /cameras/:id/tracks/:track/crop': {
      id: 'getTrackCrop',
      summary: 'The best sight of a face that is before the camera',
      path: schemas.trackPath,
      reply: file('image/jpeg'),
      errors: ['camera_not_found', 'track_not_found', 'bad_request', 'not_ready'],
    },
    'GET /events': {
      id: 'listenToEvents',
      summary: 'What the cameras tell, as it happens',
      description:
        'Server-Sent Events: `id` is that of the event, `event` its type, `data` a `CameraEvent` as JSON. The stream stays open.',
      query: schemas.eventsQuery,
      headers: z.object({
        'Last-Event-ID': z
          .string()
          .optional()
          .describe('What came after that event comes first. Browsers send it by themselves when they connect again.'),
      }),
      reply: {
        description: 'The stream; this is the data of each event.',
        content: { 'text/event-stream': cameraEventSchema },
      },
      errors: ['bad_request', 'busy', 'not_ready'],
    },
    'GET /deliveries': {
      id: 'listReceivers',
      summary: 'Who outside is told of events, and how that goes',
      reply: json(schemas.deliveries),
      errors: ['not_ready'],
    },
    'POST /deliveries/:id/retry': {
      id: 'retryDeliveries',
      summary: 'Send events again that were given up',
      path: schemas.receiverPath,
      reply: json(schemas.retried),
      errors: ['receiver_not_found', 'storage_failed', 'not_ready'],
    },
  },
};
