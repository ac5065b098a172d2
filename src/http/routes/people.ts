import express, { Router } from 'express';
import type { Services } from '../../service/services.js';
import type { Person } from '../../store/gallery.js';
import { sniffImage } from '../../vision/sniff.js';
import { parseRequest } from '../parse.js';
import { peopleQuery, renameBody } from '../schemas.js';

/** Who is enrolled: list, look up, rename, delete, and the crops that were kept. */
export function peopleRoutes(services: () => Services): Router {
  return Router()
    .get('/people', (request, response) => {
      response.json(services().people.list(parseRequest(peopleQuery, request.query, 'query')));
    })
    .get('/people/:name', (request, response) => {
      response.json(personReply(services().people.get(request.params.name)));
    })
    .patch('/people/:name', express.json({ limit: '16kb' }), async (request, response) => {
      const { name } = parseRequest(renameBody, request.body, 'body');
      response.json(personReply(await services().people.rename(request.params.name, name)));
    })
    .delete('/people/:name', async (request, response) => {
      response.json({ deleted: await services().people.remove(request.params.name) });
    })
    .get('/people/:name/examples', (request, response) => {
      response.json(personReply(services().people.get(request.params.name)));
    })
    .delete('/people/:name/examples/:example', async (request, response) => {
      const { name, example } = request.params;
      await services().people.removeExample(name, example);
      response.json({ deleted: { name, example } });
    })
    .get('/people/:name/examples/:example/crop', async (request, response) => {
      const { name, example } = request.params;
      const crop = await services().people.crop(name, example);
      response
        .type(sniffImage(crop) ?? 'jpeg')
        .set('Cache-Control', 'private, no-cache')
        .send(Buffer.from(crop));
    });
}

function personReply({ name, examples }: Person) {
  const root = `/people/${encodeURIComponent(name)}/examples`;
  return {
    name,
    examples: examples.map(({ id, addedAt, details, crop }) => ({
      id,
      addedAt,
      confidence: details?.confidence ?? null,
      crop: crop === null ? null : `${root}/${encodeURIComponent(id)}/crop`,
    })),
  };
}
