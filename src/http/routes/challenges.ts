import { type RequestHandler, type Response, Router } from 'express';
import { parseGroup } from '../../people/person-details.js';
import type { Services } from '../services.js';
import { ownerOf, senderOf, withinRights } from '../caller.js';
import { jsonBody, parseRequest } from '../parse.js';
import { onePhotoOf, photoBody, type RequestLimits } from '../photos.js';
import { requestSignal } from '../request-signal.js';
import { newChallenge, tokenToCheck } from '../schemas.js';

const json = jsonBody(16 * 1024);

/** Challenges of a living person. They store nothing; a challenge belongs to the key that began it. */
export function challengesRoutes(services: () => Services, limits: RequestLimits): Router {
  const owner = (response: Response) => ownerOf(senderOf(response));
  /** Refuses a frame before its bytes are read. */
  const whileRunning: RequestHandler<{ id: string }> = (request, response, next) => {
    services().challenges.requireRunning(request.params.id, owner(response));
    next();
  };
  return Router()
    .post('/challenges', json, async (request, response) => {
      const { without, person, group, audience } = parseRequest(newChallenge, request.body, 'body');
      const naming = withinRights(group === undefined ? {} : { group: parseGroup(group) }, senderOf(response));
      const wanted = { owner: owner(response), without, person, audience, naming };
      response.status(201).json(await services().challenges.create(wanted));
    })
    .get('/challenges/keys', async (_request, response) => {
      response.json(await services().challenges.tokens.publicKeys());
    })
    .post('/challenges/verify', json, async (request, response) => {
      const { token, audience } = parseRequest(tokenToCheck, request.body, 'body');
      response.json(await services().challenges.tokens.redeem(token, audience));
    })
    .get('/challenges/:id', (request, response) => {
      response.json(services().challenges.collect(request.params.id, owner(response)));
    })
    .post('/challenges/:id/frames', whileRunning, photoBody(limits), async (request, response) => {
      const photo = onePhotoOf(request);
      const signal = requestSignal(response, limits.deadlineMs);
      const { challenges } = services();
      response.json(await challenges.observe(request.params.id, owner(response), photo, signal));
    });
}
