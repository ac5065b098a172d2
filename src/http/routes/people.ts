import { type Request, Router } from 'express';
import { includesScope } from '../../access/key.js';
import type { Services } from '../services.js';
import type { Example, Person } from '../../gallery/gallery.js';
import { wrongMatches } from '../../people/correction.js';
import { senderOf } from '../caller.js';
import { sendCrop } from '../crops.js';
import { coverOf } from '../../people/people.js';
import { jsonBody, parseRequest } from '../parse.js';
import { publicPathOf } from '../public-path.js';
import { exampleMove, mergeBody, peopleQuery, personChange } from '../schemas.js';

/** Metadata has 16 KB; escaped as JSON it may be longer. */
const json = jsonBody(128 * 1024, Infinity);

/** People: list, read, change, merge, erase; their examples and crops. */
export function peopleRoutes(services: () => Services): Router {
  return Router()
    .get('/people', (request, response) => {
      const { people } = services();
      const page = people.list(parseRequest(peopleQuery, request.query, 'query'));
      response.json({
        ...page,
        people: page.people.map((one) => ({
          ...one,
          thumbnail: thumbnail(people.get(one.name), publicPathOf(request)),
        })),
      });
    })
    .get('/groups', (_request, response) => {
      response.json({ groups: services().people.groups() });
    })
    .post('/people/merge', json, async (request, response) => {
      const { from, into } = parseRequest(mergeBody, request.body, 'body');
      response.json(personReply(await services().people.merge(from, into), request));
    })
    .get('/people/:name', (request, response) => {
      response.json(personReply(services().people.get(request.params.name), request));
    })
    .patch('/people/:name', json, async (request, response) => {
      const change = parseRequest(personChange, request.body, 'body');
      response.json(personReply(await services().people.change(request.params.name, change), request));
    })
    .delete('/people/:name', async (request, response) => {
      response.json(await services().erasure.person(request.params.name));
    })
    .get('/people/:name/examples', (request, response) => {
      response.json(personReply(services().people.get(request.params.name), request));
    })
    .patch('/people/:name/examples/:example', json, async (request, response) => {
      const { name, example } = request.params;
      const { person } = parseRequest(exampleMove, request.body, 'body');
      response.json(personReply(await services().people.moveExample(name, example, person), request));
    })
    .delete('/people/:name/examples/:example', async (request, response) => {
      const { name, example } = request.params;
      const { scope, key } = senderOf(response);
      const onlyOf = includesScope(scope, 'admin') ? null : (key?.id ?? '');
      const receipt = await services().erasure.example(name, example, onlyOf);
      response.json({ deleted: { name, example }, receipt });
    })
    .get('/people/:name/examples/:example/crop', async (request, response) => {
      const { name, example } = request.params;
      await sendCrop(request, response, await services().people.crop(name, example));
    });
}

function personReply(person: Person, request: Request) {
  const { name, id, metadata, groups, consent = null, expires = null, examples, negatives = [] } = person;
  const root = publicPathOf(request);
  const wrong = wrongMatches(person);
  return {
    name,
    id,
    metadata,
    groups,
    consent,
    expires,
    cover: coverOf(person)?.id ?? null,
    examples: examples.map((example) => ({
      id: example.id,
      addedAt: example.addedAt,
      confidence: example.details?.confidence ?? null,
      quality: example.details?.quality ?? null,
      groups: example.details?.groups ?? null,
      wrongMatches: wrong.get(example.id) ?? 0,
      crop: cropUrl(name, example, root),
    })),
    negatives: negatives.length,
  };
}

/** URL of the crop of the cover example, if it has one. */
export function thumbnail(person: Person, root: string): string | null {
  const example = coverOf(person);
  return example && cropUrl(person.name, example, root);
}

function cropUrl(name: string, { id, crop }: Example, root: string): string | null {
  return crop === null ? null : `${root}/people/${encodeURIComponent(name)}/examples/${encodeURIComponent(id)}/crop`;
}
