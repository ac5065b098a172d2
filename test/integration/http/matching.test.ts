import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const folder = sharedPath('images', 'people');
const ENROLLED = 3;

describe.skipIf(!hasShared)(`a server with MATCHER=svm${needsShared}`, () => {
  let server: TestServer;
  let people: string[];

  const photosOf = async (person: string) => {
    const files = (await readdir(`${folder}/${person}`)).sort();
    return Promise.all(files.map((file) => readFile(`${folder}/${person}/${file}`)));
  };
  const get = async <T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<T> => {
    const reply = await fetch(server.url + path, init);
    const text = await reply.text();
    expect([reply.status, text]).toEqual([200, expect.anything()]);
    return schema.parse(JSON.parse(text));
  };
  const recognize = (photo: Buffer, query = '') =>
    get(schemas.recognition, `/recognize${query}`, {
      method: 'POST',
      body: new Uint8Array(photo),
      headers: { 'content-type': 'image/jpeg' },
    });
  const enrol = async (person: string, photos: readonly Buffer[]) => {
    for (const photo of photos) await server.core.enrolment.enrol({ bytes: photo, fileName: undefined, name: person });
  };

  beforeAll(async () => {
    people = (await readdir(folder)).sort();
    server = await startServer({ MATCHER: 'svm', DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  });
  afterAll(() => server.close());

  it('says that the nearest example is used as long as there is nothing to train on, and why', async () => {
    const [photo] = await photosOf(people[0]);
    await server.core.matching.ready();
    const { model } = await recognize(photo);
    expect(model).toMatchObject({
      matcher: 'nearest',
      matcherNote: 'a classifier needs at least two people, and there are none; the nearest example is used',
    });
    const { threshold, recommended, warnings } = await calibration('');
    expect({ threshold, recommended, warnings }).toEqual({
      threshold: 0.609,
      recommended: null,
      warnings: ['no_searches'],
    });
  });

  const calibration = async (query: string) => {
    const reply = await get(schemas.calibration, `/calibration${query}`);
    return { ...reply, threshold: reply.current.threshold };
  };

  it('trains when people have come, and answers other requests meanwhile', async () => {
    for (const person of people) await enrol(person, (await photosOf(person)).slice(0, ENROLLED));
    const training = new Set(['under way']);
    const settled = server.core.matching.ready().then(() => training.clear());
    let answered = 0;
    while (training.size > 0) {
      await get(schemas.health, '/healthz');
      answered++;
    }
    await settled;
    expect(answered).toBeGreaterThan(10);
  });

  it('names the people in photos that it has not seen, with the chance to be right', async () => {
    const outcomes = [];
    for (const person of people) {
      for (const photo of (await photosOf(person)).slice(ENROLLED)) {
        const { faces, model } = await recognize(photo);
        expect(model.matcher).toBe('svm');
        expect(model.matcherNote).toBeUndefined();
        outcomes.push(
          ...faces.map(({ name, probability }) => ({
            right: name === person,
            wrong: name !== null && name !== person,
            probability,
          })),
        );
      }
    }
    expect(outcomes.filter(({ wrong }) => wrong)).toEqual([]);
    expect(outcomes.filter(({ right }) => right).length).toBeGreaterThanOrEqual(0.8 * outcomes.length);
    expect(outcomes.every(({ probability }) => probability !== undefined)).toBe(true);
  });

  it('keeps to a threshold that the request asks for', async () => {
    const photo = (await photosOf(people[0]))[ENROLLED];
    expect((await recognize(photo)).faces[0].name).toBe(people[0]);
    const strict = (await recognize(photo, '?threshold=0.01')).faces[0];
    expect(strict).toMatchObject({ name: null, nearest: people[0], threshold: 0.01 });
  });

  it('does not name a person who was deleted a moment ago, while the old classifier still answers', async () => {
    const [gone] = people;
    const photo = (await photosOf(gone))[0];
    const reply = await fetch(`${server.url}/people/${encodeURIComponent(gone)}`, { method: 'DELETE' });
    expect(reply.status).toBe(200);
    const { faces, model } = await recognize(photo);
    expect(model.matcher).toBe('svm');
    expect(faces.map(({ name, nearest }) => [name, nearest === gone])).toEqual([[null, false]]);
    await server.core.matching.ready();
    expect((await recognize(photo)).faces[0].name).toBeNull();
  });

  it('tells which threshold suits the gallery: searches, not pairs', async () => {
    const reply = await calibration('?far=0.05');
    const examples = ENROLLED * (people.length - 1);
    expect(reply).toMatchObject({
      people: people.length - 1,
      examples,
      genuineSearches: examples,
      impostorSearches: examples,
      impostorPeople: people.length - 1,
      searchedPeople: people.length - 2,
      strangersFrom: 'left-out people',
      wantedFar: 0.05,
      searchesNeeded: 60,
    });
    expect(reply.recommended!.far).toBeLessThanOrEqual(0.05);
    expect(reply.warnings).toEqual(['few_searches', 'few_people', 'few_genuine', 'stand_ins']);
    expect(reply.current.source).toBe('auto');
    const bad = await fetch(`${server.url}/calibration?far=2`);
    expect([bad.status, ((await bad.json()) as { error: { code: string } }).error.code]).toEqual([400, 'bad_request']);
  });
});
