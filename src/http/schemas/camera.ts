import { z } from 'zod';
import { RECEIVER_KINDS } from '../../events/receiver.js';
import { CAMERA_FAILURE_CODES } from '../../cameras/camera-failure.js';
import { EVENT_TYPES } from '../../events/event.js';
import { CAMERA_STATES } from '../../cameras/camera-status.js';
import { addedCamera, cameraChange, cameraSettings, triedCamera } from '../../cameras/camera-settings.js';
import { distance, image } from './common.js';

/** Cameras, and the receivers of their events. */

const time = z.iso.datetime();

const present = z
  .strictObject({
    track: z.int(),
    person: z.string().nullable(),
    since: time,
    distance: distance.nullable(),
    crop: z.string().nullable().describe('URL of the best crop of the face so far, while the face is present.'),
  })
  .meta({ id: 'PresentFace' });

export const camera = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    source: z.string().describe('Scheme, host and port, or the name of the file; without a password.'),
    editable: z.boolean().describe('Whether it was added through the API. Cameras of CAMERAS_FILE are changed there.'),
    state: z.enum(CAMERA_STATES).describe('waiting: until the next attempt to connect.'),
    since: time,
    error: z
      .strictObject({ code: z.enum(CAMERA_FAILURE_CODES), message: z.string() })
      .nullable()
      .describe('Why there are no frames.'),
    reconnects: z.int(),
    picture: image.nullable(),
    lastFrameAt: time.nullable(),
    frames: z.strictObject({
      looked: z.int(),
      dropped: z.int().describe('Arrived while another frame was processed, and were not the newest.'),
      failed: z.int(),
      perSecond: z.number(),
    }),
    lagMs: z.int().nullable().describe('From the arrival of the last frame to its names.'),
    snapshot: z.string().nullable().describe('URL of the newest frame, from the root of the server.'),
    present: z.array(present),
  })
  .meta({ id: 'Camera' });

export const cameras = z.strictObject({ cameras: z.array(camera) }).meta({ id: 'CameraList' });

export const cameraSettingsReply = z
  .strictObject({
    ...cameraSettings.shape,
    source: z.string().describe('Scheme, host and port, or the name of the file; without a password.'),
    name: cameraSettings.shape.name.unwrap().nullable(),
    threshold: cameraSettings.shape.threshold.unwrap().nullable().describe("Null: the server's threshold."),
    group: cameraSettings.shape.group.unwrap().nullable().describe('Only people of this group are named.'),
  })
  .meta({ id: 'CameraSettings' });

export const deletedCamera = z.strictObject({ deleted: z.string() }).meta({ id: 'DeletedCamera' });

const receiver = z
  .strictObject({
    kind: z.enum(RECEIVER_KINDS),
    id: z.string(),
    target: z.string().describe('Scheme, host and port.'),
    connected: z.boolean().nullable().describe('Null for a receiver without a lasting connection, such as a webhook.'),
    state: z.enum(['idle', 'sending', 'waiting', 'stopped']).describe('waiting: until the next attempt.'),
    waiting: z.int().describe('Events that are not delivered yet.'),
    delivered: z.int(),
    dead: z.int().describe('Dead letters: events that failed too often and are kept.'),
    error: z.string().nullable(),
    lastDeliveredAt: time.nullable(),
  })
  .meta({ id: 'Receiver' });

export const deliveries = z.strictObject({ receivers: z.array(receiver) }).meta({ id: 'ReceiverList' });
export const retried = z
  .strictObject({ retried: z.int().describe('How many events are queued again.') })
  .meta({ id: 'RetriedEvents' });

/** Requests. */
export const newCamera = addedCamera.meta({ id: 'NewCamera' });
export const changeOfCamera = cameraChange.meta({ id: 'CameraChange' });
export const cameraToTry = triedCamera.meta({ id: 'CameraToTest' });
export const cameraPath = z.object({ id: z.string().describe('The id of the camera.') });
export const trackParameter = z.coerce.number().int().min(1);
export const trackPath = z.object({
  ...cameraPath.shape,
  track: trackParameter.describe('The track number of a present face.'),
});
export const receiverPath = z.object({
  id: z.string().describe('The id of the receiver, from GET /deliveries.'),
});
export const eventsQuery = z.object({
  camera: z.string().max(50).optional().describe('Only events of this camera.'),
  type: z.enum(EVENT_TYPES).optional().describe('Only events of this type.'),
  replay: z.coerce.number().int().min(0).max(1000).default(0).describe('Number of past events to send first.'),
});
