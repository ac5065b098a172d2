import express, { Router } from 'express';
import type { Services } from '../../service/services.js';
import type { Example, Person } from '../../store/gallery.js';
import { sniffImage } from '../../vision/sniff.js';
import { parseRequest } from '../parse.js';
import { peopleQuery, renameBody } from '../schemas.js';

/** Who is enrolled: list, look up, rename, delete, and the crops that were kept. */
export function peopleRoutes(services: () => Services): Router {
  return Router()
    .get('/people', (request, response) => {
      const { people } = services();
      const page = people.list(parseRequest(peopleQuery, request.query, 'query'));
      response.json({
        ...page,
        people: page.people.map((one) => ({ ...one, thumbnail: thumbnail(people.get(one.name)) })),
      });
    })
    .get('/people/:name', (request, response) => {
      response.json(personReply(services().people.get(request.params.name)));
    })
    .patch('/people/:name', express.json({ limit: '16kb' }), async (request, response) => {
      const { name } = parseRequest(renameBody, request.body, 'body');
      response.json(personReply(await services().people.rename(request.params.name, name)));
    })
    .delete('/people/:name', async (request, response) => {
      response.json(await services().erasure.person(request.params.name));
    })
    .get('/people/:name/examples', (request, response) => {
      response.json(personReply(services().people.get(request.params.name)));
    })
    .delete('/people/:name/examples/:example', async (request, response) => {
      const { name, example } = request.params;
      const receipt = await services().erasure.example(name, example);
      response.json({ deleted: { name, example }, receipt });
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
  return {
    name,
    examples: examples.map((example) => ({
      id: example.id,
      addedAt: example.addedAt,
      confidence: example.details?.confidence ?? null,
      quality: example.details?.quality ?? null,
      crop: cropUrl(name, example),
    })),
  };
}

function thumbnail({ name, examples }: Person): string | null {
  const example = examples.find(({ crop }) => crop !== null);
  return example ? cropUrl(name, example) : null;
}

function cropUrl(name: string, { id, crop }: Example): string | null {
  return crop === null ? null : `/people/${encodeURIComponent(name)}/examples/${encodeURIComponent(id)}/crop`;
}
