import { z } from 'zod';
import { cameraEventSchema } from '../../../events/event.js';
import * as schemas from '../../schemas.js';
import { file, json, type Area } from '../operation.js';

const { cameraPath } = schemas;
const TRY_ERRORS = ['bad_request', 'camera_failed', 'busy', 'deadline_exceeded', 'client_gone', 'not_ready'] as const;

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
    'POST /cameras': {
      id: 'addCamera',
      summary: 'Add a camera',
      description:
        'The camera starts at once and is kept in `.state/cameras.json` of this server. `source` is a URL or a device; a video file is refused. No answer contains its password.',
      body: { 'application/json': schemas.newCamera },
      reply: json(schemas.camera, 201),
      errors: ['bad_request', 'camera_exists', 'storage_failed', 'not_ready'],
    },
    'POST /cameras/test': {
      id: 'testCamera',
      summary: 'A picture of a source that is no camera yet',
      description: 'Connects once. `details.failure` of `camera_failed` has the codes of `Camera.error`.',
      body: { 'application/json': schemas.cameraToTry },
      reply: file('image/jpeg'),
      errors: [...TRY_ERRORS],
    },
    'GET /cameras/:id/settings': {
      id: 'getCameraSettings',
      summary: 'The settings of a camera, without its password',
      path: cameraPath,
      reply: json(schemas.cameraSettingsReply),
      errors: ['camera_not_found', 'not_ready'],
    },
    'PATCH /cameras/:id': {
      id: 'changeCamera',
      summary: 'Change a camera that was added through the API',
      description:
        'Settings that are missing stay as they are, also the password in `source`; null removes `name`, `threshold` or `group`. The visits in front of the camera end, and it connects again.',
      path: cameraPath,
      body: { 'application/json': schemas.changeOfCamera },
      reply: json(schemas.camera),
      errors: ['bad_request', 'camera_not_found', 'camera_in_file', 'storage_failed', 'not_ready'],
    },
    'DELETE /cameras/:id': {
      id: 'removeCamera',
      summary: 'Remove a camera that was added through the API',
      path: cameraPath,
      reply: json(schemas.deletedCamera),
      errors: ['camera_not_found', 'camera_in_file', 'storage_failed', 'not_ready'],
    },
    'POST /cameras/:id/test': {
      id: 'testCameraChange',
      summary: 'A picture of a camera with changed settings',
      description: 'The camera itself stays as it is. An empty object tests it unchanged.',
      path: cameraPath,
      body: { 'application/json': schemas.changeOfCamera },
      reply: file('image/jpeg'),
      errors: ['camera_not_found', ...TRY_ERRORS],
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
      query: schemas.cropQuery,
      reply: file('image/jpeg', 'image/webp'),
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
