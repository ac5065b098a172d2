import { z } from 'zod';
import { REASON_CODES } from '../../cameras/reason.js';
import { EVENT_TYPES } from '../../events/event.js';
import { CAMERA_STATES } from '../../cameras/camera-status.js';
import { distance, image } from './common.js';

/** The server's own cameras, and who is told of their events. */

const time = z.iso.datetime();

const present = z
  .strictObject({
    track: z.int(),
    person: z.string().nullable(),
    since: time,
    distance: distance.nullable(),
    crop: z.string().nullable().describe('URL of the best sight of the face so far; while they are there.'),
  })
  .meta({ id: 'PresentFace' });

export const camera = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    source: z.string().describe('Scheme, host and port, or the name of the file; never a password.'),
    state: z.enum(CAMERA_STATES).describe('waiting: for the next try to connect.'),
    since: time,
    error: z
      .strictObject({ code: z.enum(REASON_CODES), message: z.string() })
      .nullable()
      .describe('Why there are no pictures.'),
    reconnects: z.int(),
    picture: image.nullable(),
    lastFrameAt: time.nullable(),
    frames: z.strictObject({
      looked: z.int(),
      dropped: z.int().describe('Came while another one was looked at, and were not the newest.'),
      failed: z.int(),
      perSecond: z.number(),
    }),
    lagMs: z.int().nullable().describe('From the arrival of the last frame to the names in it.'),
    snapshot: z.string().nullable().describe('URL of the newest frame, from the root of the server.'),
    present: z.array(present),
  })
  .meta({ id: 'Camera' });

export const cameras = z.strictObject({ cameras: z.array(camera) }).meta({ id: 'CameraList' });

const receiver = z
  .strictObject({
    kind: z.enum(['webhook', 'mqtt']),
    id: z.string(),
    target: z.string().describe('Scheme, host and port.'),
    state: z.enum(['idle', 'sending', 'waiting', 'stopped']).describe('waiting: for the next try.'),
    waiting: z.int().describe('Events that have not arrived yet.'),
    delivered: z.int(),
    dead: z.int().describe('Events that were given up and are kept.'),
    error: z.string().nullable(),
    lastDeliveredAt: time.nullable(),
  })
  .meta({ id: 'Receiver' });

export const deliveries = z.strictObject({ receivers: z.array(receiver) }).meta({ id: 'ReceiverList' });
export const retried = z
  .strictObject({ retried: z.int().describe('How many events wait to be sent again.') })
  .meta({ id: 'RetriedEvents' });

/** Requests. */
export const cameraPath = z.object({ id: z.string().describe('The id of the camera.') });
export const trackParameter = z.coerce.number().int().min(1);
export const trackPath = z.object({
  ...cameraPath.shape,
  track: trackParameter.describe('The number of somebody who is before the camera.'),
});
export const receiverPath = z.object({
  id: z.string().describe('The id of the receiver, as GET /deliveries tells it.'),
});
export const eventsQuery = z.object({
  camera: z.string().max(50).optional().describe('Only events of this camera.'),
  type: z.enum(EVENT_TYPES).optional().describe('Only events of this type.'),
  replay: z.coerce.number().int().min(0).max(1000).default(0).describe('So many of the last events come first.'),
});
