import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readLog } from '../../../../src/privacy/audit/audit-log.js';
import * as schemas from '../../../../src/plugins/compreface/schemas.js';
import * as native from '../../../../src/http/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { anotherFile, anotherPerson, onePerson, onePersonAgain } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';
import { CompreFaceClient, parts } from '../../../helpers/compreface-requests.js';

const DIMENSION = 128;
const NOT_THERE = '6b135f5b-a365-4522-b1f1-4c9ac2dd0728';

let server: TestServer;
let one: Buffer;
let again: Buffer;
let another: Buffer;
let group: Buffer;
let everybodysKey: string;
let everybody: CompreFaceClient;
let door: CompreFaceClient;
let gate: CompreFaceClient;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', RATE_LIMIT_CHANGES: '0' });
  [one, again, another] = await Promise.all([onePerson(), onePersonAgain(), anotherPerson()]);
  group = await sharp(await readFile(samplePhoto(6)))
    .resize({ width: 900 })
    .jpeg()
    .toBuffer();
  everybodysKey = (await createKey(server.dataDir, 'admin')).key;
  everybody = new CompreFaceClient(server.url, everybodysKey);
  door = new CompreFaceClient(server.url, (await createKey(server.dataDir, 'admin', null, 'door')).key);
  gate = new CompreFaceClient(server.url, (await createKey(server.dataDir, 'admin', null, 'gate')).key);
}, 120_000);
afterAll(() => server.close());

const nobody = () => everybody.asks(schemas.deletedCount, 'DELETE', '/recognition/subjects');
const addTo = (client: CompreFaceClient, subject: string, bytes: Buffer, more = '') =>
  client.asks(
    schemas.namedImage,
    'POST',
    `/recognition/faces?subject=${encodeURIComponent(subject)}${more}`,
    parts({ file: bytes }),
  );
const subjectsOf = async (client: CompreFaceClient) =>
  (await client.asks(schemas.subjectList, 'GET', '/recognition/subjects')).subjects;
const facesOf = (client: CompreFaceClient, query = '') =>
  client.asks(schemas.imagePage, 'GET', `/recognition/faces${query}`);
const recognize = async (client: CompreFaceClient, bytes: Buffer, query = '') =>
  (await client.asks(schemas.recognizedFaces, 'POST', `/recognition/recognize${query}`, parts({ file: bytes }))).result;

/** The native routes, with the key that reaches everybody. */
async function natively(method: string, path: string, body?: FormData | object): Promise<unknown> {
  const isForm = body instanceof FormData;
  const reply = await fetch(server.url + path, {
    method,
    headers: { 'x-api-key': everybodysKey, ...(!isForm && { 'content-type': 'application/json' }) },
    body: isForm ? body : body && JSON.stringify(body),
  });
  expect(reply.ok).toBe(true);
  return reply.json();
}

describe('the same photo', () => {
  let recognition: ReturnType<typeof native.recognition.parse>;
  beforeAll(async () => {
    await nobody();
    await addTo(everybody, 'Ada', one);
    await addTo(everybody, 'Grace', another);
    recognition = native.recognition.parse(await natively('POST', '/recognize', parts({ file: group })));
  });

  it('has the same faces, names and distances by both APIs', async () => {
    const result = await recognize(everybody, group);
    const area = ({ box }: (typeof recognition.faces)[number]) => box.width * box.height;
    const faces = [...recognition.faces].sort((a, b) => area(b) - area(a));
    expect(faces.length).toBeGreaterThan(2);
    expect(result).toHaveLength(faces.length);
    faces.forEach(({ box, confidence, name, distance, nearest, threshold, taken }, i) => {
      expect(result[i].box).toEqual({
        probability: Number(confidence.toFixed(5)),
        x_min: Math.max(0, Math.round(box.x)),
        y_min: Math.max(0, Math.round(box.y)),
        x_max: Math.min(recognition.image.width, Math.round(box.x + box.width)),
        y_max: Math.min(recognition.image.height, Math.round(box.y + box.height)),
      });
      expect([result[i].name, result[i].threshold]).toEqual([name, threshold]);
      if (taken === undefined) expect(result[i].subjects[0]).toMatchObject({ subject: nearest, distance });
    });
    expect(result.map(({ name }) => name)).toContain('Grace');
  });

  it('has as many subjects as are asked for, each once, nearest first', async () => {
    await addTo(everybody, 'Ada', again);
    const [face] = await recognize(everybody, again, '?prediction_count=9');
    expect(face.subjects.map(({ subject }) => subject)).toEqual(['Ada', 'Grace']);
    expect(face.subjects[0]).toMatchObject({ similarity: 1, distance: 0 });
    expect((await recognize(everybody, again, '?prediction_count=2'))[0].subjects).toEqual(face.subjects);
    expect((await recognize(everybody, again))[0].subjects).toEqual(face.subjects.slice(0, 1));
  });

  it('is cut to the largest faces, and to those that the detector is sure of', async () => {
    const detected = async (query: string) =>
      (await everybody.asks(schemas.detectedFaces, 'POST', `/detection/detect?${query}`, parts({ file: group })))
        .result;
    const all = await detected('');
    expect(await detected('limit=2')).toEqual(all.slice(0, 2));
    const sure = all.filter(({ box }) => box.probability >= 0.935);
    expect([0, all.length]).not.toContain(sure.length);
    expect(await detected('det_prob_threshold=0.935')).toEqual(sure);
    await everybody.isRefused(400, 28, 'POST', '/detection/detect?det_prob_threshold=1', parts({ file: group }));
  });

  it('guesses age and gender in the shape of its plugins, and refuses those that it lacks', async () => {
    const [guessed] = await recognize(everybody, again, '?face_plugins=age,gender,landmarks');
    expect(Object.keys(guessed).slice(0, 4)).toEqual(['box', 'landmarks', 'age', 'gender']);
    const [plain] = await recognize(everybody, again);
    expect(plain).not.toHaveProperty('age');
    for (const name of ['mask', 'landmarks2d106']) {
      const path = `/detection/detect?face_plugins=age,${name}`;
      await everybody.isRefused(400, 36, 'POST', path, parts({ file: again }));
    }
  });

  it('gives embeddings that are found again, and compare as photos do', async () => {
    const [{ embedding }] = await recognize(everybody, again, '?face_plugins=calculator,nonsense');
    expect(embedding).toHaveLength(DIMENSION);
    const [{ image_id }] = (await facesOf(everybody, '?subject=Grace')).faces;
    const found = await everybody.asks(
      schemas.recognizedEmbeddings,
      'POST',
      '/recognition/embeddings/recognize?prediction_count=2',
      { embeddings: [embedding] },
    );
    expect(found.result[0].similarities.map(({ subject }) => subject)).toEqual(['Ada', 'Grace']);
    const file = parts({ file: again });
    const [photo] = (await everybody.asks(schemas.verifiedFaces, 'POST', `/recognition/faces/${image_id}/verify`, file))
      .result;
    expect(photo).toMatchObject({ subject: 'Grace', distance: found.result[0].similarities[1].distance });
    const { result } = await everybody.asks(
      schemas.comparedEmbeddings,
      'POST',
      `/recognition/embeddings/faces/${image_id}/verify`,
      { embeddings: [embedding] },
    );
    const { similarity, distance, false_match_rate } = photo;
    expect(result).toEqual([{ embedding, similarity, distance, false_match_rate }]);
    const [{ embedding: other }] = await recognize(everybody, another, '?face_plugins=calculator');
    const compared = await everybody.asks(schemas.comparedEmbeddings, 'POST', '/verification/embeddings/verify', {
      source: embedding,
      targets: [other, embedding],
    });
    expect(compared.result.map(({ distance }) => distance)).toEqual([0, photo.distance]);
  });

  it('is taken in base64, too, and by the only face of the first photo', async () => {
    const file = again.toString('base64');
    const { result } = await everybody.asks(schemas.recognizedFaces, 'POST', '/recognition/recognize', { file });
    expect(result[0].name).toBe('Ada');
    const pair = { source_image: file, target_image: `data:image/jpeg;base64,${group.toString('base64')}` };
    const [{ face_matches }] = (
      await everybody.asks(schemas.comparedPhotos, 'POST', '/verification/verify?status=true', pair)
    ).result;
    expect(face_matches).toHaveLength(recognition.faces.length);
    const turned = parts({ source_image: group, target_image: again });
    await everybody.isRefused(400, 31, 'POST', '/verification/verify', turned);
    await everybody.asks(schemas.comparedPhotos, 'POST', '/verification/verify?limit=1', turned);
  });
});

it('leaves a subject out of the prediction for a face that was corrected', async () => {
  await nobody();
  await addTo(everybody, 'Ada', one);
  await addTo(everybody, 'Bea', again);
  const predicted = async (query: string) => {
    const [{ subjects }] = await recognize(everybody, another, query);
    return subjects.map(({ subject }) => subject).sort();
  };
  expect(await predicted('?prediction_count=2')).toEqual(['Ada', 'Bea']);
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(another)]), 'another.jpg');
  await natively('POST', '/people/Ada/negatives', form);
  for (const query of ['', '?prediction_count=2', '?prediction_count=3']) {
    expect(await predicted(query)).toEqual(['Bea']);
  }
  expect((await recognize(everybody, one))[0].subjects[0].subject).toBe('Ada');
  await nobody();
});

describe('subjects and their examples', () => {
  it('come in pages', async () => {
    await nobody();
    for (const name of ['Ada', 'Ada', 'Ada', 'Grace', 'Grace']) await addTo(door, name, anotherFile(one));
    const all = await facesOf(door);
    expect(all).toMatchObject({ page_number: 0, page_size: 20, total_pages: 1, total_elements: 5 });
    const page = await facesOf(door, '?page=1&size=2');
    expect(page).toEqual({
      faces: all.faces.slice(2, 4),
      page_number: 1,
      page_size: 2,
      total_pages: 3,
      total_elements: 5,
    });
    expect(await facesOf(door, '?page=7&size=2')).toMatchObject({ faces: [], page_number: 7, total_pages: 3 });
    expect(await facesOf(door, '?page=-1&size=0')).toMatchObject({ page_number: 0, page_size: 20 });
    expect(await facesOf(door, '?page=one&size=99999')).toMatchObject({ page_number: 0, page_size: 2000 });
    expect((await facesOf(door, '?subject=Grace&size=1&page=1')).faces).toEqual(all.faces.slice(4));
    expect(await facesOf(door, '?subject=Nobody')).toMatchObject({ faces: [], total_elements: 0, total_pages: 0 });
  });

  it('keep their ids when the subject is renamed or merged, here or natively', async () => {
    await nobody();
    const [ada, eve] = [await addTo(door, 'Ada', one), await addTo(door, 'Eve', again)];
    const rename = (from: string, subject: string) =>
      door.asks(schemas.updated, 'PUT', `/recognition/subjects/${encodeURIComponent(from)}`, { subject });
    expect(await rename('ada', 'Ada King')).toEqual({ updated: true });
    expect(await rename('Ada King', 'Ada King')).toEqual({ updated: false });
    await natively('PATCH', '/people/Ada%20King', { name: 'Countess' });
    expect(await rename('Eve', 'Countess')).toEqual({ updated: true });
    const { faces } = await facesOf(door);
    expect(faces).toEqual([ada, eve].map(({ image_id }) => ({ image_id, subject: 'Countess' })));
  });

  it('may lack examples, before the first and after the last', async () => {
    await nobody();
    await door.asks(schemas.subjectReply, 'POST', '/recognition/subjects', { subject: 'Ada' });
    await door.isRefused(400, 43, 'POST', '/recognition/subjects', { subject: 'ADA' });
    expect([await subjectsOf(door), await subjectsOf(gate)]).toEqual([['Ada'], []]);
    const { image_id, subject } = await addTo(everybody, 'ada', one);
    expect([subject, (await facesOf(door)).faces]).toEqual(['Ada', [{ image_id, subject }]]);
    await door.asks(schemas.namedImage, 'DELETE', `/recognition/faces/${image_id}`);
    expect([await subjectsOf(door), (await facesOf(door)).faces]).toEqual([['Ada'], []]);
    await door.asks(schemas.updated, 'PUT', '/recognition/subjects/Ada', { subject: 'Eve' });
    expect(await subjectsOf(door)).toEqual(['Eve']);
    await addTo(door, 'Eve', one);
    await natively('DELETE', '/people/Eve');
    expect([await subjectsOf(door), await subjectsOf(everybody)]).toEqual([[], []]);
    await door.isRefused(404, 42, 'DELETE', '/recognition/subjects/Eve');
  });

  it('are erased as everybody is: the audit log says so', async () => {
    await nobody();
    await addTo(door, 'Ada', one);
    await door.asks(schemas.subjectReply, 'DELETE', '/recognition/subjects/Ada');
    const actions: string[] = [];
    for await (const { action } of readLog(server.core.trail.lines, {})) actions.push(action);
    expect(actions.slice(-2)).toEqual(['erase_person', 'erase_person']);
  });

  it('show the crop that was kept, with the key in a header or in the address', async () => {
    await nobody();
    const { image_id } = await addTo(everybody, 'Ada', one);
    const load = async (path: string, headers: Record<string, string> = {}) => {
      const reply = await fetch(`${server.url}/api/v1${path}`, { headers });
      return { status: reply.status, type: reply.headers.get('content-type'), bytes: await reply.bytes() };
    };
    const here = { 'x-api-key': everybodysKey };
    const { name, examples } = native.person.parse(await natively('GET', '/people/Ada'));
    const kept = await server.core.gallery.crop(name, examples[0].id);
    for (const shown of [
      await load(`/recognition/faces/${image_id}/img`, here),
      await load(`/static/${everybodysKey}/images/${image_id}`),
    ]) {
      expect([shown.status, shown.type]).toEqual([200, 'image/jpeg']);
      expect(Buffer.from(shown.bytes).equals(kept)).toBe(true);
    }
    expect((await load(`/recognition/faces/${NOT_THERE}/img`, here)).bytes).toHaveLength(0);
    const wrong = `${everybodysKey.slice(0, -1)}${everybodysKey.endsWith('0') ? '1' : '0'}`;
    expect((await load(`/static/${wrong}/images/${image_id}`)).status).toBe(404);
  });
});

describe('two groups', () => {
  it('neither see, name, change nor erase each other', async () => {
    await nobody();
    const { image_id } = await addTo(door, 'Ada', one);
    await addTo(gate, 'Grace', another);
    expect([await subjectsOf(door), await subjectsOf(gate)]).toEqual([['Ada'], ['Grace']]);
    expect((await facesOf(gate)).faces.map(({ subject }) => subject)).toEqual(['Grace']);
    expect((await facesOf(gate, '?subject=Ada')).total_elements).toBe(0);
    const [seen] = await recognize(gate, one, '?prediction_count=9');
    expect([seen.name, seen.subjects.map(({ subject }) => subject)]).toEqual([null, ['Grace']]);
    const file = parts({ file: one });
    await gate.isRefused(404, 44, 'POST', `/recognition/faces/${image_id}/verify`, file);
    const embeddings = [new Array<number>(DIMENSION).fill(0)];
    await gate.isRefused(404, 44, 'POST', `/recognition/embeddings/faces/${image_id}/verify`, { embeddings });
    await gate.isRefused(404, 44, 'DELETE', `/recognition/faces/${image_id}`);
    await gate.isRefused(404, 42, 'DELETE', '/recognition/subjects/Ada');
    await gate.isRefused(404, 42, 'PUT', '/recognition/subjects/Ada', { subject: 'Eve' });
    expect(await gate.asks(schemas.namedImages, 'POST', '/recognition/faces/delete', [image_id])).toEqual([]);
    expect(await gate.asks(schemas.deletedCount, 'DELETE', '/recognition/faces?subject=Ada')).toEqual({ deleted: 0 });
    const { result } = await gate.asks(schemas.recognizedEmbeddings, 'POST', '/recognition/embeddings/recognize', {
      embeddings,
    });
    expect(result[0].similarities.map(({ subject }) => subject)).toEqual(['Grace']);
    expect(await gate.asks(schemas.deletedCount, 'DELETE', '/recognition/subjects')).toEqual({ deleted: 1 });
    expect([await subjectsOf(door), await subjectsOf(everybody)]).toEqual([['Ada'], ['Ada']]);
    expect(await recognize(gate, one)).toMatchObject([{ name: null, subjects: [] }]);
  });

  it('do not merge two people of one name', async () => {
    await nobody();
    await addTo(door, 'Ada', one);
    await gate.isRefused(400, 43, 'POST', '/recognition/subjects', { subject: 'Ada' });
    await gate.isRefused(400, 43, 'POST', '/recognition/faces?subject=Ada', parts({ file: another }));
    await door.asks(schemas.subjectReply, 'POST', '/recognition/subjects', { subject: 'Zoë' });
    await gate.isRefused(400, 43, 'POST', '/recognition/subjects', { subject: 'Zoë' });
    await gate.isRefused(400, 43, 'POST', '/recognition/faces?subject=Zo%C3%AB', parts({ file: another }));
    await addTo(gate, 'Grace', another);
    await gate.isRefused(400, 43, 'PUT', '/recognition/subjects/Grace', { subject: 'Zoë' });
    await addTo(door, 'Zoë', one);
    await door.asks(schemas.subjectReply, 'DELETE', '/recognition/subjects/Zo%C3%AB');
    await gate.isRefused(400, 43, 'PUT', '/recognition/subjects/Grace', { subject: 'Ada' });
    expect((await facesOf(everybody)).total_elements).toBe(2);
    const both = await Promise.all(
      [door, gate].map((client) =>
        client.send('POST', '/recognition/faces?subject=Eve', parts({ file: client === door ? one : another })),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 400]);
    expect((await facesOf(everybody, '?subject=Eve')).total_elements).toBe(1);
  });

  it('do not become one where somebody of the name comes in by the native API amid an addition', async () => {
    await nobody();
    const { gallery } = server.core;
    const add = gallery.add.bind(gallery);
    const during = (name: string, group: string) =>
      vi.spyOn(gallery, 'add').mockImplementationOnce(async (...addition) => {
        await add(name, addition[1], { groups: [group] });
        return add(...addition);
      });
    during('Eve', 'gate');
    await door.isRefused(400, 43, 'POST', '/recognition/faces?subject=Eve', parts({ file: one }));
    expect(gallery.person('Eve')).toMatchObject({ groups: ['gate'], examples: { length: 1 } });
    during('Ada', 'door');
    const form = parts({ file: one });
    for (const [field, text] of Object.entries({ name: 'Ada', group: 'gate' })) form.append(field, text);
    await natively('POST', '/upload', form);
    expect(gallery.person('Ada')).toMatchObject({ groups: ['door', 'gate'], examples: { length: 1 } });
  });

  it('share somebody whom neither may change, only leave', async () => {
    await nobody();
    const { image_id } = await addTo(door, 'Ada', one);
    await natively('PATCH', '/people/Ada', { groups: ['door', 'gate'] });
    expect((await facesOf(gate)).faces).toEqual([{ image_id, subject: 'Ada' }]);
    await gate.isRefused(403, 0, 'PUT', '/recognition/subjects/Ada', { subject: 'Eve' });
    await gate.isRefused(403, 0, 'DELETE', `/recognition/faces/${image_id}`);
    const own = await addTo(gate, 'Grace', another);
    await gate.isRefused(403, 0, 'POST', '/recognition/faces/delete', [own.image_id, NOT_THERE, image_id]);
    expect((await facesOf(gate)).faces.map(({ subject }) => subject)).toEqual(['Ada', 'Grace']);
    const some = await gate.asks(schemas.namedImages, 'POST', '/recognition/faces/delete', [NOT_THERE, own.image_id]);
    expect(some).toEqual([own]);
    await gate.asks(schemas.subjectReply, 'DELETE', '/recognition/subjects/Grace');
    expect(await gate.asks(schemas.subjectReply, 'DELETE', '/recognition/subjects/Ada')).toEqual({ subject: 'Ada' });
    expect([await subjectsOf(gate), await subjectsOf(door)]).toEqual([[], ['Ada']]);
    expect((await facesOf(door)).faces).toEqual([{ image_id, subject: 'Ada' }]);
  });

  it('add examples to a shared person for themselves only, and take them along when they leave', async () => {
    await nobody();
    const shared = await addTo(everybody, 'Ada', one);
    await natively('PATCH', '/people/Ada', { groups: ['door', 'gate'] });
    const own = await addTo(door, 'Ada', another);
    const namesOf = async (client: CompreFaceClient) => (await recognize(client, another)).map(({ name }) => name);
    expect([await namesOf(door), await namesOf(gate), await namesOf(everybody)]).toEqual([['Ada'], [null], ['Ada']]);
    const images = async (client: CompreFaceClient) => (await facesOf(client)).faces.map(({ image_id }) => image_id);
    expect(await images(gate)).toEqual([shared.image_id]);
    expect(await images(door)).toEqual([shared.image_id, own.image_id]);
    await gate.isRefused(404, 44, 'DELETE', `/recognition/faces/${own.image_id}`);
    await gate.isRefused(404, 44, 'POST', `/recognition/faces/${own.image_id}/verify`, parts({ file: one }));
    await door.isRefused(403, 0, 'DELETE', `/recognition/faces/${shared.image_id}`);
    const { examples } = native.person.parse(await natively('GET', '/people/Ada'));
    expect(examples.map(({ groups }) => groups)).toEqual([null, ['door']]);

    await door.asks(schemas.namedImage, 'DELETE', `/recognition/faces/${own.image_id}`);
    expect(await images(everybody)).toEqual([shared.image_id]);
    await addTo(door, 'Ada', another);
    expect(await door.asks(schemas.deletedCount, 'DELETE', '/recognition/subjects')).toEqual({ deleted: 1 });
    expect([await subjectsOf(door), await subjectsOf(gate)]).toEqual([[], ['Ada']]);
    expect(await images(everybody)).toEqual([shared.image_id]);
  });

  it('share an example where a key of no group puts the person into another group', async () => {
    await nobody();
    const { image_id } = await addTo(door, 'Ada', one);
    await natively('PATCH', '/people/Ada', { groups: ['door', 'gate'] });
    expect((await recognize(gate, one)).map(({ name }) => name)).toEqual(['Ada']);
    const more = await addTo(gate, 'Ada', another);
    await natively('PATCH', '/people/Ada', { groups: ['door'] });
    await natively('PATCH', '/people/Ada', { groups: ['door', 'roof'] });
    const { examples } = native.person.parse(await natively('GET', '/people/Ada'));
    expect(examples.map(({ groups }) => groups)).toEqual([['door', 'gate', 'roof'], ['gate']]);
    expect((await facesOf(door)).faces.map((face) => face.image_id)).toEqual([image_id]);
    expect((await facesOf(everybody)).faces.map((face) => face.image_id)).toEqual([image_id, more.image_id]);
  });

  it('leave a subject without images to the other group where all examples were their own', async () => {
    await nobody();
    const { image_id } = await addTo(everybody, 'Ada', one);
    await natively('PATCH', '/people/Ada', { groups: ['door', 'gate'] });
    await addTo(door, 'Ada', another);
    await everybody.asks(schemas.namedImage, 'DELETE', `/recognition/faces/${image_id}`);
    expect((await facesOf(gate)).total_elements).toBe(0);
    await door.asks(schemas.subjectReply, 'DELETE', '/recognition/subjects/Ada');
    expect([await subjectsOf(door), await subjectsOf(gate)]).toEqual([[], ['Ada']]);
    expect(server.core.gallery.people()).toEqual([]);
  });

  it('erase only whom they still have when their turn comes, and leave the others as they are by then', async () => {
    await nobody();
    for (const name of ['Ada', 'Bea', 'Cleo', 'Dora']) await addTo(door, name, one);
    await door.asks(schemas.subjectReply, 'POST', '/recognition/subjects', { subject: 'Zoë' });
    const { gallery } = server.core;
    await gallery.describe('Dora', { groups: ['door', 'gate'] });
    const remove = gallery.removePerson.bind(gallery);
    vi.spyOn(gallery, 'removePerson').mockImplementationOnce(async (name) => {
      await gallery.describe('Bea', { groups: ['door', 'gate'] });
      await gallery.describe('Dora', { groups: ['door', 'gate', 'roof'] });
      for (const gone of ['Cleo', name]) await remove(gone);
      return remove(name);
    });
    expect(await door.asks(schemas.deletedCount, 'DELETE', '/recognition/subjects')).toEqual({ deleted: 3 });
    expect(gallery.people().map(({ name, groups }) => [name, groups])).toEqual([
      ['Bea', ['gate']],
      ['Dora', ['gate', 'roof']],
    ]);
    expect(await subjectsOf(door)).toEqual([]);
  });

  it('keep the name of somebody whom both had, and nobody joins both because of it', async () => {
    await nobody();
    const { image_id } = await addTo(door, 'Ada', one);
    await natively('PATCH', '/people/Ada', { groups: ['door', 'gate'] });
    await everybody.asks(schemas.namedImage, 'DELETE', `/recognition/faces/${image_id}`);
    expect([await subjectsOf(door), await subjectsOf(gate)]).toEqual([['Ada'], ['Ada']]);
    await everybody.isRefused(400, 43, 'POST', '/recognition/faces?subject=Ada', parts({ file: one }));
    await addTo(door, 'Ada', one);
    expect(server.core.gallery.person('Ada').groups).toEqual(['door']);
    await gate.isRefused(400, 43, 'POST', '/recognition/faces?subject=Ada', parts({ file: another }));
  });
});

describe('what cannot be answered', () => {
  const recognition = '/recognition/recognize';
  const form = () => parts({ file: one });
  const wrongKeys: Readonly<Record<string, readonly [status: number, code: number, key?: string]>> = {
    missing: [400, 20],
    malformed: [400, 26, 'let me in'],
    unknown: [404, 10, `rostro_0123abcd_${'0'.repeat(48)}`],
    "another system's": [404, 10, NOT_THERE],
  };
  it.each(Object.entries(wrongKeys))('a key that is %s', async (_name, [status, code, key]) => {
    const message = await new CompreFaceClient(server.url, key).isRefused(status, code, 'POST', recognition, form());
    if (key !== undefined) expect(message).not.toContain(key);
  });

  it('a key that may only recognise, and a route that is not there', async () => {
    const small = new CompreFaceClient(server.url, (await createKey(server.dataDir, 'recognise', null, 'door')).key);
    await small.isRefused(403, 0, 'POST', '/recognition/subjects', { subject: 'Ada' });
    expect((await small.send('POST', recognition, form())).status).toBe(200);
    await door.isRefused(404, 0, 'PATCH', '/recognition/nothing');
    await door.isRefused(405, 0, 'PATCH', '/recognition/subjects');
  });

  const faces = '/recognition/faces?subject=Ada';
  const emptyPicture = () => sharp({ create: { width: 200, height: 200, channels: 3, background: 'grey' } }).jpeg();
  const text = { 'content-type': 'text/plain' };
  const json = { 'content-type': 'application/json' };
  const multipart = { 'content-type': 'multipart/form-data' };
  type Sent = [method: string, path: string, body?: () => unknown, headers?: Record<string, string>];
  const bad: Readonly<Record<string, readonly [status: number, code: number, sent: Sent]>> = {
    'a body of another type': [415, 0, ['POST', recognition, () => 'hello', text]],
    'a subject that is no JSON': [415, 0, ['POST', '/recognition/subjects', () => 'Ada', text]],
    'broken JSON': [400, 36, ['POST', recognition, () => '{"file":', json]],
    'a multipart body that is none': [400, 36, ['POST', recognition, () => 'hello', multipart]],
    'a longer one': [400, 36, ['POST', recognition, () => 'hello '.repeat(100), multipart]],
    'a missing part': [400, 34, ['POST', recognition, () => parts({ picture: one })]],
    'a missing text': [400, 5, ['POST', recognition, () => ({ image: 'x' })]],
    'a text that is no base64': [400, 21, ['POST', recognition, () => ({ file: '*' })]],
    'a file that is no picture': [400, 21, ['POST', recognition, () => parts({ file: Buffer.from('hello') })]],
    'no face': [400, 28, ['POST', recognition, async () => parts({ file: await emptyPicture().toBuffer() })]],
    'no face to add': [400, 28, ['POST', faces, async () => parts({ file: await emptyPicture().toBuffer() })]],
    'several faces to add': [400, 31, ['POST', faces, () => parts({ file: group })]],
    'a limit below 0': [400, 26, ['POST', `${recognition}?limit=-1`, form]],
    'a limit that is no number': [400, 36, ['POST', `${recognition}?limit=many`, form]],
    'a prediction_count of 0': [400, 26, ['POST', `${recognition}?prediction_count=0`, form]],
    'a threshold above 1': [400, 26, ['POST', `${recognition}?det_prob_threshold=2`, form]],
    'a status that is neither': [400, 36, ['POST', `${recognition}?status=maybe`, form]],
    'a missing subject': [400, 33, ['POST', '/recognition/faces', form]],
    'a blank subject': [400, 26, ['POST', '/recognition/faces?subject=%20', form]],
    'a blank subject to delete': [400, 26, ['DELETE', '/recognition/faces?subject=']],
    'a subject that is no name': [400, 26, ['POST', '/recognition/faces?subject=a%2Fb', form]],
    'a blank new subject': [400, 26, ['POST', '/recognition/subjects', () => ({ subject: '' })]],
    'an image id that is none': [400, 36, ['DELETE', '/recognition/faces/7']],
    'an image that is not there': [404, 44, ['DELETE', `/recognition/faces/${NOT_THERE}`]],
    'ids that are no list': [400, 36, ['POST', '/recognition/faces/delete', () => ({ id: NOT_THERE })]],
    'no embeddings': [400, 37, ['POST', '/recognition/embeddings/recognize', () => ({ embeddings: [] })]],
    'values that are no float32': [
      400,
      36,
      ['POST', '/recognition/embeddings/recognize', () => ({ embeddings: [[1e39]] })],
    ],
    'embeddings that are too short': [
      400,
      36,
      ['POST', '/recognition/embeddings/recognize', () => ({ embeddings: [[1, 2]] })],
    ],
  };
  it.each(Object.entries(bad))('%s', async (_name, [status, code, [method, path, body, headers]]) => {
    const sent = (await body?.()) as object | undefined;
    expect(await door.isRefused(status, code, method, path, sent, headers)).not.toBe('');
  });

  it('keeps nothing from the next request', async () => {
    await nobody();
    expect(await addTo(door, 'Ada Ünal (2)?', one)).toMatchObject({ subject: 'Ada Ünal (2)?' });
    expect(await recognize(door, again)).toMatchObject([{ name: 'Ada Ünal (2)?' }]);
    const decomposed = encodeURIComponent(' Ada U\u0308nal (2)? ');
    expect((await facesOf(door, `?subject=${decomposed}`)).total_elements).toBe(1);
    const removal = `/recognition/faces?subject=${decomposed}`;
    expect(await door.asks(schemas.deletedCount, 'DELETE', removal)).toEqual({ deleted: 1 });
    expect(await subjectsOf(door)).toEqual([]);
  });
});
