import { Router, type Response } from 'express';
import type { Camera } from '../../cameras/camera.js';
import type { Services } from '../services.js';
import { parseRequest } from '../parse.js';
import { trackParameter } from '../schemas.js';

/** The cameras of the server: state, newest frame, present faces. */
export function camerasRoutes(services: () => Services): Router {
  return Router()
    .get('/cameras', (_request, response) => {
      response.json({ cameras: services().cameras.all.map(cameraReply) });
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
      sendPicture(response, await services().cameras.get(id).crop(number));
    });
}

function sendPicture(response: Response, jpeg: Uint8Array): void {
  response.type('jpeg').send(Buffer.from(jpeg));
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
