import { Router, type Response } from 'express';
import {
  addedCamera,
  cameraChange,
  type CameraSettings,
  cameraSettings,
  triedCamera,
} from '../../cameras/camera-settings.js';
import type { Camera } from '../../cameras/camera.js';
import type { Services } from '../services.js';
import { sendCrop } from '../crops.js';
import { parseRequest } from '../parse.js';
import { jsonBody } from '../parse.js';
import { requestSignal } from '../request-signal.js';
import { trackParameter } from '../schemas.js';

const json = jsonBody(16 * 1024);

/** The cameras of the server: state, newest frame, present faces; adding, trying, changing and removing them. */
export function camerasRoutes(services: () => Services, { deadlineMs }: { readonly deadlineMs: number }): Router {
  return Router()
    .get('/cameras', (_request, response) => {
      response.json({ cameras: services().cameras.all.map(cameraReply) });
    })
    .post('/cameras', json, async (request, response) => {
      const settings = cameraSettings.parse(parseRequest(addedCamera, request.body, 'body'));
      response.status(201).json(cameraReply(await services().cameras.add(settings)));
    })
    .post('/cameras/test', json, async (request, response) => {
      const settings = parseRequest(triedCamera, request.body, 'body');
      sendPicture(response, await services().cameras.try(settings, requestSignal(response, deadlineMs)));
    })
    .get('/cameras/:id/settings', (request, response) => {
      const { settings, source } = services().cameras.get(request.params.id);
      response.json(settingsReply(settings, source.shown));
    })
    .patch('/cameras/:id', json, async (request, response) => {
      const change = parseRequest(cameraChange, request.body, 'body');
      response.json(cameraReply(await services().cameras.change(request.params.id, change)));
    })
    .delete('/cameras/:id', async (request, response) => {
      await services().cameras.remove(request.params.id);
      response.json({ deleted: request.params.id });
    })
    .post('/cameras/:id/test', json, async (request, response) => {
      const change = parseRequest(cameraChange, request.body, 'body');
      const signal = requestSignal(response, deadlineMs);
      sendPicture(response, await services().cameras.tryChange(request.params.id, change, signal));
    })
    .get('/cameras/:id', (request, response) => {
      response.json(cameraReply(services().cameras.get(request.params.id)));
    })
    .get('/cameras/:id/snapshot', async (request, response) => {
      sendPicture(response, await services().cameras.get(request.params.id).snapshot());
    })
    .get('/cameras/:id/tracks/:track/crop', async (request, response) => {
      const { id, track } = request.params;
      const number = parseRequest(trackParameter, track, 'track');
      await sendCrop(request, response, await services().cameras.get(id).crop(number));
    });
}

function sendPicture(response: Response, jpeg: Uint8Array): void {
  response.type('jpeg').send(Buffer.from(jpeg));
}

function settingsReply(settings: CameraSettings, shown: string) {
  const { name, threshold, group } = settings;
  return { ...settings, name: name ?? null, threshold: threshold ?? null, group: group ?? null, source: shown };
}

function cameraReply({ status }: Camera) {
  return {
    ...status,
    snapshot: status.state === 'live' ? `/cameras/${status.id}/snapshot` : null,
    present: status.present.map(({ hasCrop, ...one }) => ({
      ...one,
      crop: hasCrop ? `/cameras/${status.id}/tracks/${one.track}/crop` : null,
    })),
  };
}
