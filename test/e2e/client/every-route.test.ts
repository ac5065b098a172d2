import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import { Rostro, RostroApiError, type Challenge, type ImportRun } from '../../../src/client/index.js';
import { cameraEventSchema } from '../../../src/events/event.js';
import { ACCESS, type Route } from '../../../src/http/access-table.js';
import * as schemas from '../../../src/http/schemas.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { createKey } from '../../helpers/access.js';
import { newEvent } from '../../helpers/new-event.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { daysAfter, faceOf, NOON, sightingOf } from '../../helpers/sightings.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasFfmpeg, makeVideo } from '../../helpers/video.js';

/** CompreFace's API has clients of its own. */
type NativeRoute = Exclude<Route, `${string} /api/${string}`>;

let server: TestServer;
let folder: string;
let photos: Photos;
let key: string;
let rostro: Rostro;
let run: ImportRun;
let challenge: Challenge;
let attendance: string;
/** Of every request, in their order. */
let requests: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-client-'));
  photos = await cutPhotos();
  const cameras: object[] = [{ id: 'off', source: join(folder, 'door.mp4'), enabled: false }];
  if (hasFfmpeg) {
    await makeVideo(join(folder, 'door.mp4'), [{ photos: [photos.portrait], seconds: 100 }]);
    cameras.push({ id: 'door', name: 'Front door', source: join(folder, 'door.mp4'), fps: 5 });
  }
  const file = join(folder, 'cameras.json');
  await writeFile(file, JSON.stringify({ cameras }));
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    CAMERAS_FILE: file,
    HISTORY_DAYS: '36500',
    STRANGER_DAYS: '36500',
  });
  ({ key } = await createKey(server.dataDir, 'admin'));
  const recorded: typeof fetch = (input, init) => {
    requests.push(`${init?.method ?? 'GET'} ${new URL(input as string).pathname}`);
    return fetch(input, init);
  };
  rostro = new Rostro({ url: server.url, key, fetch: recorded });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const bytesOf = async (stream: ReadableStream<Uint8Array>) => buffer(stream as never);
const isZip = async (stream: ReadableStream<Uint8Array>) => (await bytesOf(stream)).subarray(0, 2).toString() === 'PK';
const isJpeg = async (blob: Blob) => (await sharp(Buffer.from(await blob.arrayBuffer())).metadata()).format === 'jpeg';
const holds = <T>(schema: z.ZodType<T>, reply: unknown): T => schema.parse(reply);
const failing = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => 'no failure').catch((error: unknown) => error);

/** On a machine that is busy somebody before a camera is now and then lost for a moment. */
const failed = ({ code }: RostroApiError): string => code;

const seen = [0, 1, 2].map((day) => sightingOf({ at: daysAfter(day), camera: 'gate' }));
const [passing, poster] = [sightingOf({ camera: 'wall' }), sightingOf({ camera: 'wall' })];

/** A method of the client for each route of the server, in an order in which each has something to do. */
const CALLS = {
  'GET /healthz': async () => holds(schemas.health, await rostro.healthz()),
  'GET /readyz': async () => {
    const ready = holds(schemas.readiness, await rostro.ready({ retries: Infinity, timeoutMs: 60_000 }));
    expect(ready.model?.detector).toBe('ssd');
  },
  'GET /openapi.json': async () => expect((await rostro.openapi()).openapi).toMatch(/^3\./),
  'GET /session': async () => expect(holds(schemas.session, await rostro.session.get()).scope).toBe('admin'),
  'POST /session': async () => expect(holds(schemas.session, await rostro.session.begin(key)).loggedIn).toBe(true),
  'DELETE /session': async () => expect(await rostro.session.end()).toBe(false),
  'POST /keys': async () => {
    const made = holds(schemas.createdKey, await rostro.keys.create({ name: 'Door', scope: 'recognise' }));
    expect(made.key.split('_')[1]).toBe(made.id);
  },
  'GET /keys': async () => {
    const keys = await rostro.keys.list();
    holds(schemas.accessKeys, { keys });
    expect(keys.map(({ scope, current }) => [scope, current])).toEqual([
      ['admin', true],
      ['recognise', false],
    ]);
  },
  'DELETE /keys/:id': async () => {
    const [admin, { id }] = await rostro.keys.list();
    expect(holds(schemas.revokedKey, await rostro.keys.revoke(id)).revokedAt).not.toBeNull();
    expect(await failing(rostro.keys.revoke(admin.id))).toMatchObject({ code: 'last_admin_key' });
  },
  'GET /integrations': async () => {
    const { plugins } = holds(schemas.integrations, await rostro.integrations());
    expect(plugins).toContainEqual({ name: 'compreface', on: true });
  },
  'GET /status': async () => expect(holds(schemas.status, await rostro.status()).threshold).toBe(0.609),
  'GET /metrics': async () => expect(await rostro.metrics()).toContain('rostro_people 0'),
  'POST /upload': async () => {
    const said = { name: 'Ada "Countess" Lovelace', id: 'ada-1', groups: ['staff', 'Turín'], metadata: { door: 3 } };
    const enrolled = await rostro.enrol(new Blob([new Uint8Array(photos.samePerson)]), said);
    expect(enrolled).toMatchObject({ name: said.name, warnings: [] });
    const both = [new File([new Uint8Array(photos.otherPerson)], 'Bea.jpg'), new File(['no photo'], 'Cy.jpg')];
    const { enrolled: taken, rejected } = holds(schemas.upload, await rostro.enrolAll(both));
    expect([taken[0].name, rejected[0]]).toMatchObject(['Bea', { file: 'Cy.jpg', error: { code: 'not_an_image' } }]);
    expect((await rostro.enrol(photos.portrait, { fileName: 'Dee.jpg' })).name).toBe('Dee');
    expect(await failing(rostro.enrol(photos.portrait))).toMatchObject({ code: 'bad_name', status: 0 });
  },
  'POST /recognize': async () => {
    const asked = { details: true, group: 'staff', threshold: 0.5, duplicates: false };
    const { faces } = holds(schemas.recognition, await rostro.recognize(photos.group, asked));
    const ada = faces.find(({ name }) => name !== null);
    expect(ada).toMatchObject({ id: 'ada-1', threshold: 0.5, details: { metadata: { door: 3 } } });
    const live = await rostro.recognize(photos.portrait, { session: 'a-camera-of-this-test' });
    expect(holds(schemas.liveRecognition, live).faces[0].track).toBe(1);
  },
  'POST /detect': async () => expect(holds(schemas.detection, await rostro.detect(photos.group)).faces).toHaveLength(2),
  'POST /verify': async () => {
    const { same } = holds(schemas.verification, await rostro.verify(photos.portrait, photos.samePerson));
    const strict = await rostro.verify(photos.portrait, photos.samePerson, { threshold: 0.01 });
    expect([same, strict.same, strict.threshold]).toEqual([true, false, 0.01]);
  },
  'GET /people': async () => {
    expect(holds(schemas.people, await rostro.people.list({ search: 'lovelace', group: 'staff' })).total).toBe(1);
    expect((await rostro.people.list({ id: 'ada-1', page: 1, size: 1 })).people[0].id).toBe('ada-1');
    const names: string[] = [];
    for await (const { name } of rostro.people.all({ size: 2 })) names.push(name);
    expect(names).toEqual(['Ada "Countess" Lovelace', 'Bea', 'Dee']);
  },
  'GET /groups': async () => expect(await rostro.groups()).toContainEqual({ name: 'Turín', people: 1 }),
  'PATCH /people/:name': async () => {
    const changed = await rostro.people.change('Ada "Countess" Lovelace', { name: 'Ada Lovelace' });
    expect(holds(schemas.person, changed).name).toBe('Ada Lovelace');
  },
  'POST /people/merge': async () =>
    expect(holds(schemas.person, await rostro.people.merge('Dee', 'Ada Lovelace')).examples).toHaveLength(2),
  'GET /people/:name': async () => {
    expect(holds(schemas.person, await rostro.people.get('Ada Lovelace')).metadata).toEqual({ door: 3 });
    expect(await failing(rostro.people.get('¿Quién?'))).toMatchObject({ code: 'person_not_found', status: 404 });
  },
  'POST /people/export': async () => {
    expect(await isZip(await rostro.people.exportAll(['Ada Lovelace', 'Bea']))).toBe(true);
    expect(await failing(rostro.people.exportAll(['¿Quién?']))).toMatchObject({ code: 'person_not_found' });
  },
  'GET /people/:name/examples': async () =>
    expect(holds(schemas.person, await rostro.people.examples('Ada Lovelace')).examples).toHaveLength(2),
  'GET /people/:name/examples/:example/crop': async () => {
    const [{ id, crop }] = (await rostro.people.get('Ada Lovelace')).examples;
    expect(await isJpeg(await rostro.people.crop('Ada Lovelace', id))).toBe(true);
    expect(rostro.people.cropUrl('Ada Lovelace', id)).toBe(server.url + crop!);
    expect(rostro.people.cropUrl('Ada Lovelace', id, 144)).toBe(`${server.url}${crop!}?size=144`);
    expect((await rostro.people.crop('Ada Lovelace', id, { size: 72 })).type).toBe('image/webp');
  },
  'POST /people/:name/negatives': async () => {
    const photo = photos.otherPerson;
    const added = holds(schemas.corrected, await rostro.people.addNegative('Ada Lovelace', photo));
    const again = holds(schemas.corrected, await rostro.people.addNegative('Ada Lovelace', photo));
    expect([added.outcome, again.outcome, again.negative.id]).toEqual(['added', 'already_there', added.negative.id]);
    expect(await failing(rostro.people.addNegative('Ada Lovelace', photos.group))).toMatchObject({
      code: 'several_faces',
    });
    const second = await rostro.people.addNegative('Ada Lovelace', photos.group, { face: 1 });
    expect(second.outcome).toBe('added');
  },
  'GET /people/:name/negatives': async () => {
    const { negatives } = holds(schemas.negatives, await rostro.people.negatives('Ada Lovelace'));
    const { examples, negatives: count } = await rostro.people.get('Ada Lovelace');
    expect([negatives.length, count, negatives[0].active]).toEqual([2, 2, true]);
    expect(examples.reduce((sum, { wrongMatches }) => sum + wrongMatches, 0)).toBe(2);
  },
  'GET /people/:name/negatives/:negative/crop': async () => {
    const [{ id }] = (await rostro.people.negatives('Ada Lovelace')).negatives;
    expect(await isJpeg(await rostro.people.negativeCrop('Ada Lovelace', id))).toBe(true);
  },
  'DELETE /people/:name/negatives/:negative': async () => {
    const [{ id }] = (await rostro.people.negatives('Ada Lovelace')).negatives;
    const { receipt } = holds(schemas.deletedNegative, await rostro.people.deleteNegative('Ada Lovelace', id));
    expect([receipt.crops, receipt.examples, receipt.files.length]).toEqual([1, [], 1]);
    expect(await failing(rostro.people.deleteNegative('Ada Lovelace', id))).toMatchObject({
      code: 'example_not_found',
    });
  },
  'GET /people/:name/export': async () => expect(await isZip(await rostro.people.export('Ada Lovelace'))).toBe(true),
  'PATCH /people/:name/examples/:example': async () => {
    const { examples } = await rostro.people.get('Ada Lovelace');
    const { id } = examples.at(-1)!;
    const bea = holds(schemas.person, await rostro.people.moveExample('Ada Lovelace', id, 'Bea'));
    expect(bea.examples.at(-1)!.id).toBe(id);
    await rostro.people.moveExample('Bea', id, 'Ada Lovelace');
  },
  'DELETE /people/:name/examples/:example': async () => {
    const [, { id }] = (await rostro.people.get('Ada Lovelace')).examples;
    const { deleted } = holds(schemas.deletedExample, await rostro.people.deleteExample('Ada Lovelace', id));
    expect(deleted.example).toBe(id);
  },
  'DELETE /people/:name': async () =>
    expect(holds(schemas.deletedPerson, await rostro.people.delete('Bea')).receipt.person).toBe('Bea'),
  'POST /challenges': async () => {
    challenge = holds(schemas.challenge, await rostro.challenges.begin({ without: ['smile'], audience: 'door' }));
    expect(challenge.actions).not.toContain('smile');
  },
  'POST /challenges/:id/frames': async () => {
    const seen = holds(schemas.challenge, await rostro.challenges.frame(challenge.id, photos.landscape));
    expect([seen.state, seen.hint]).toEqual(['running', 'no_face']);
  },
  'GET /challenges/:id': async () => {
    const result = holds(schemas.challengeResult, await rostro.challenges.result(challenge.id));
    expect([result.state, result.token]).toEqual(['running', null]);
  },
  'POST /challenges/verify': async () => {
    const refused = await failing(rostro.challenges.redeem('no.token.here', { audience: 'door' }));
    expect(refused).toMatchObject({ code: 'token_refused', details: { why: 'malformed' } });
  },
  'GET /challenges/keys': async () =>
    expect(holds(schemas.challengeKeys, await rostro.challenges.keys()).keys).toHaveLength(1),
  'GET /calibration': async () =>
    expect(holds(schemas.calibration, await rostro.calibration({ far: 0.05 })).wantedFar).toBe(0.05),
  'POST /calibration': async () =>
    expect(
      holds(schemas.appliedCalibration, await rostro.applyThreshold({ threshold: 0.55, far: 0.01 })).threshold,
    ).toBe(0.55),
  'GET /health': async () => {
    const { workers, findings } = holds(schemas.healthReport, await rostro.health());
    expect([workers.usable > 0, findings.map(({ code }) => code)]).toEqual([true, expect.any(Array)]);
  },
  'GET /model': async () => {
    const { embedders } = holds(schemas.serverModel, await rostro.model.get());
    expect(embedders.filter(({ running }) => running).map(({ name }) => name)).toEqual(['face-api']);
  },
  'POST /model': async () =>
    expect(await failing(rostro.model.prepare('face-api'))).toMatchObject({ code: 'bad_request' }),
  'DELETE /model': async () => expect(holds(schemas.serverModel, await rostro.model.stop()).change).toBeNull(),
  'GET /settings': async () => {
    const settings = holds(schemas.settings, { settings: await rostro.settings.list() }).settings;
    expect(settings.map(({ name }) => name)).toContain('HISTORY_DAYS');
  },
  'PATCH /settings': async () => {
    const { erases } = holds(schemas.changedSettings, await rostro.settings.preview({ RETENTION_DAYS: 36_500 }));
    expect(erases).toEqual({ examples: 0, people: 0, sightings: 0 });
    expect(await failing(rostro.settings.change({ PORT: 1 }))).toMatchObject({ code: 'bad_request' });
  },
  'GET /export': async () => expect(await isZip(await rostro.export())).toBe(true),
  'POST /export': async () => expect(await isZip(await rostro.export({ passphrase: 'four words of mine' }))).toBe(true),
  'POST /import': async () => {
    const archive = join(folder, 'people.zip');
    const group = { name: 'Eve/group.jpg', bytes: photos.group };
    await writeFile(archive, rawZip([{ name: 'Bea/1.jpg', bytes: photos.otherPerson }, group]));
    run = await rostro.imports.start(createReadStream(archive));
    expect(holds(schemas.importJob, run.job).photos).toBe(2);
    await run.wait({ pollMs: 50 });
    const again = await rostro.imports.start(await openAsBlob(archive));
    expect((await again.wait({ pollMs: 50 })).counts).toMatchObject({ alreadyThere: 1, refused: 1 });
    const files = [{ path: 'some/where/Fay "é".jpg', photo: photos.portrait }];
    const named = await rostro.imports.start(files, { by: 'file' });
    await named.wait({ pollMs: 50 });
    expect((await named.report())[0]).toMatchObject({ file: 'some/where/Fay "é".jpg', person: 'Fay "é"' });
  },
  'POST /import/:id/start': async () => {
    expect((await rostro.imports.planPaths(['staff/Amy.jpg', 'staff/Bo.jpg'])).people).toHaveLength(2);
    const archive = new Blob([new Uint8Array(rawZip([{ name: 'ACME/Gus.jpg', bytes: photos.portrait }]))]);
    const plan = holds(schemas.importPlan, await rostro.imports.plan(archive));
    expect([plan.people, plan.refused.map(({ code }) => code)]).toEqual([[], ['unclear_name']]);
    const planned = rostro.imports.job(plan.id!);
    expect((await planned.plan({ by: 'file' })).people).toEqual([{ name: 'Gus', photos: ['ACME/Gus.jpg'] }]);
    await planned.start({ by: 'file' });
    expect((await planned.wait({ pollMs: 50 })).counts).toMatchObject({ enrolled: 1 });
  },
  'GET /import/:id': async () => {
    const seen: string[] = [];
    const ended = await run.wait({ onProgress: ({ state }) => seen.push(state) });
    expect([ended.state, seen, rostro.imports.job(run.id).job]).toEqual(['done', ['done'], null]);
  },
  'GET /import/:id/report': async () => {
    const lines = await run.report();
    holds(schemas.importReport, { lines });
    expect(lines.map(({ outcome, code }) => code ?? outcome).sort()).toEqual(['enrolled', 'several_faces']);
    expect((await run.reportCsv()).split('\n')[0]).toContain('file');
    expect((await fetch(run.reportCsvUrl, { headers: { 'x-api-key': key } })).status).toBe(200);
  },
  'GET /import/:id/photo': async () => expect(await isJpeg(await run.photo('Eve/group.jpg'))).toBe(true),
  'POST /import/:id/choices': async () => {
    await run.choose([{ file: 'Eve/group.jpg', face: 0 }]);
    expect((await run.wait({ pollMs: 50 })).counts).toMatchObject({ enrolled: 2, refused: 0 });
  },
  'DELETE /import/:id': async () => {
    holds(schemas.importJob, await run.cancel());
    expect(await failing(run.status())).toMatchObject({ code: 'import_not_found' });
  },
  'GET /cameras': async () => holds(schemas.cameras, { cameras: await rostro.cameras.list() }),
  'GET /cameras/:id': async () => expect(holds(schemas.camera, await rostro.cameras.get('off')).state).toBe('off'),
  'POST /cameras': async () => {
    const source = 'rtsp://admin:pa#ss@127.0.0.1:1/x';
    const camera = holds(schemas.camera, await rostro.cameras.add({ id: 'yard', source, enabled: false }));
    expect(camera).toMatchObject({ id: 'yard', source: 'rtsp://127.0.0.1:1', editable: true });
  },
  'GET /cameras/:id/settings': async () => {
    const settings = holds(schemas.cameraSettingsReply, await rostro.cameras.settings('yard'));
    expect(settings).toMatchObject({ source: 'rtsp://127.0.0.1:1', fps: 10, name: null });
  },
  'PATCH /cameras/:id': async () => {
    expect(holds(schemas.camera, await rostro.cameras.change('yard', { name: 'Yard' })).name).toBe('Yard');
    expect(await failing(rostro.cameras.change('off', {}))).toMatchObject({ code: 'camera_in_file' });
  },
  'POST /cameras/test': async () => {
    const failure = { code: 'camera_failed', details: { failure: hasFfmpeg ? 'nobody_listens' : 'no_ffmpeg' } };
    expect(await failing(rostro.cameras.test({ source: 'rtsp://127.0.0.1:1/x' }))).toMatchObject(failure);
  },
  'POST /cameras/:id/test': async () => {
    expect(await failing(rostro.cameras.testChange('yard'))).toMatchObject({ code: 'camera_failed' });
    if (hasFfmpeg) expect(await isJpeg(await rostro.cameras.testChange('door', { rotate: 90 }))).toBe(true);
  },
  'DELETE /cameras/:id': async () => {
    expect(holds(schemas.deletedCamera, await rostro.cameras.remove('yard'))).toEqual({ deleted: 'yard' });
  },
  'GET /cameras/:id/snapshot': async () => {
    expect(await failing(rostro.cameras.snapshot('off'))).toMatchObject({ code: 'camera_not_live', status: 503 });
    if (!hasFfmpeg) return;
    await expect.poll(() => rostro.cameras.snapshot('door').then(isJpeg).catch(failed)).toBe(true);
  },
  'GET /cameras/:id/tracks/:track/crop': async () => {
    expect(await failing(rostro.cameras.crop('off', 1))).toMatchObject({ code: 'track_not_found' });
    if (!hasFfmpeg) return;
    const crop = async () => {
      const { present } = await rostro.cameras.get('door');
      return isJpeg(await rostro.cameras.crop('door', present[0]?.track ?? 99));
    };
    await expect.poll(() => crop().catch(failed)).toBe(true);
  },
  'GET /events': async () => {
    const { id } = server.core.events.publish(newEvent('Ada', 'off'));
    const events = rostro.events({ camera: 'off', type: 'appeared', replay: 10 });
    const { value } = await events.next();
    await events.return();
    expect(holds(cameraEventSchema, value).id).toBe(id);
  },
  'GET /deliveries': async () => holds(schemas.deliveries, { receivers: await rostro.deliveries.list() }),
  'POST /deliveries/:id/retry': async () =>
    expect(await failing(rostro.deliveries.retry('nobody'))).toMatchObject({ code: 'receiver_not_found' }),
  'GET /sightings': async () => {
    for (const sighting of seen) await server.core.history.store.add(sighting, faceOf(), () => true);
    const filter = { camera: 'gate', stranger: true, source: 'camera', to: daysAfter(9), from: NOON } as const;
    const page = holds(schemas.sightings, await rostro.history.list({ ...filter, minQuality: 0.1, limit: 2 }));
    expect([page.sightings.map(({ id }) => id), page.next]).toEqual([[seen[2].id, seen[1].id], seen[1].id]);
    const all: string[] = [];
    for await (const { id } of rostro.history.all({ ...filter, limit: 2 })) all.push(id);
    expect(all).toEqual(seen.map(({ id }) => id).reverse());
  },
  'GET /sightings/:id': async () => {
    const sighting = holds(schemas.sighting, await rostro.history.get(seen[0].id));
    expect(sighting).toMatchObject({ camera: 'gate', person: null, looks: 4 });
    expect(await failing(rostro.history.get('nobody'))).toMatchObject({ code: 'sighting_not_found' });
  },
  'GET /sightings/:id/crop': async () => expect((await rostro.history.crop(seen[0].id)).size).toBe(600),
  'PATCH /sightings/:id': async () => {
    const sighting = holds(schemas.sighting, await rostro.history.correct(seen[0].id, null));
    expect(sighting.person).toBeNull();
    expect(await failing(rostro.history.correct('nobody', 'Ada'))).toMatchObject({ code: 'sighting_not_found' });
  },
  'GET /strangers': async () => {
    for (const { id } of seen) await server.core.strangers.place(id);
    const page = holds(schemas.strangers, await rostro.strangers.list({ limit: 2 }));
    expect([page.strangers.length, page.total]).toEqual([2, 3]);
    const rest = holds(schemas.strangers, await rostro.strangers.list({ after: page.next! }));
    expect([rest.strangers.length, rest.next]).toEqual([1, null]);
  },
  'GET /strangers/:id': async () => {
    const [{ strangerId }] = (await rostro.history.list({ camera: 'gate', limit: 1 })).sightings;
    const stranger = holds(schemas.strangerDetails, await rostro.strangers.get(strangerId!));
    expect(stranger).toMatchObject({ sightings: 1, suggested: false, cameras: ['gate'] });
    expect(stranger.similar).toHaveLength(2);
  },
  'PATCH /strangers/:id': async () => {
    const [one, two] = (await rostro.strangers.list()).strangers;
    const merged = holds(schemas.namedStranger, await rostro.strangers.sameAs(one.id, two.id));
    expect(merged).toMatchObject({ stranger: { id: two.id, sightings: 2 }, person: null, sightings: 1 });
    expect(await failing(rostro.strangers.name(two.id, '../Ada'))).toMatchObject({ code: 'bad_name' });
    expect(await failing(rostro.strangers.name(one.id, 'Ada'))).toMatchObject({ code: 'stranger_not_found' });
  },
  'POST /strangers/:id/split': async () => {
    const { id } = (await rostro.strangers.list()).strangers.find(({ sightings }) => sightings === 2)!;
    const [sighting] = (await rostro.history.list({ strangerId: id })).sightings;
    const stranger = holds(schemas.stranger, await rostro.strangers.split(id, sighting.id));
    expect(stranger).toMatchObject({ sightings: 1, first: sighting.first });
  },
  'DELETE /strangers/:id': async () => {
    await server.core.history.store.add(passing, faceOf(), () => true);
    await server.core.history.store.add(poster, faceOf(), () => true);
    for (const { id } of [passing, poster]) await server.core.strangers.place(id);
    const strangerOf = async (id: string) => (await rostro.history.get(id)).strangerId!;
    const [erased, hidden] = [await strangerOf(passing.id), await strangerOf(poster.id)];
    expect(holds(schemas.deletedStranger, await rostro.strangers.delete(erased))).toEqual({
      deleted: erased,
      sightings: 1,
    });
    expect(holds(schemas.deletedStranger, await rostro.strangers.notAFace(hidden)).sightings).toBe(1);
    expect(await failing(rostro.strangers.get(hidden))).toMatchObject({ code: 'stranger_not_found' });
  },
  'DELETE /sightings/:id': async () => {
    const deleted = holds(schemas.deletedSighting, await rostro.history.delete(seen[0].id));
    expect(deleted).toEqual({ deleted: seen[0].id });
  },
  'DELETE /sightings': async () => {
    const erased = holds(
      schemas.erasedSightings,
      await rostro.history.deleteWhere({ camera: 'gate', to: daysAfter(9) }),
    );
    expect(erased).toEqual({ deleted: 2 });
    expect(await failing(rostro.history.deleteWhere({}))).toMatchObject({ code: 'bad_request' });
    holds(schemas.erasedSightings, await rostro.history.deleteAll());
    expect((await rostro.history.list()).sightings).toEqual([]);
  },
  'POST /attendance': async () => {
    const opened = await rostro.attendance.open({ title: '3B', lateAfter: NOON.toISOString() });
    attendance = holds(schemas.attendance, opened).id;
    expect(await failing(rostro.attendance.open({ title: '3B', group: 'nobody' }))).toMatchObject({
      code: 'bad_request',
    });
  },
  'GET /attendance': async () =>
    expect(holds(schemas.attendanceList, await rostro.attendance.list()).sessions[0].id).toBe(attendance),
  'GET /attendance/:id': async () =>
    expect(holds(schemas.attendance, await rostro.attendance.get(attendance)).counts.present).toBe(0),
  'PATCH /attendance/:id': async () =>
    expect(holds(schemas.attendance, await rostro.attendance.change(attendance, { title: '3C' })).title).toBe('3C'),
  'PATCH /attendance/:id/people/:name': async () => {
    const { people } = await rostro.attendance.get(attendance);
    const marked = await rostro.attendance.mark(attendance, people[0].person, { state: 'present', note: '"=1"' });
    expect(holds(schemas.attendance, marked).counts).toMatchObject({ present: 1, late: 1 });
  },
  'POST /attendance/:id/pictures': async () => {
    const photo = await rostro.attendance.look(attendance, photos.landscape, { at: NOON, tiles: false });
    expect(holds(schemas.attendancePicture, photo).faces).toEqual([]);
    const frame = await rostro.attendance.look(attendance, photos.portrait, { session: 'a-camera-of-this-test' });
    expect(holds(schemas.attendancePicture, frame).faces).toHaveLength(1);
  },
  'GET /attendance/:id/csv': async () => {
    const csv = await (await rostro.attendance.csv(attendance, { language: 'es', timeZone: 'Europe/Madrid' })).text();
    expect(csv).toContain('presente,tarde');
  },
  'GET /attendance/:id/xlsx': async () => {
    const workbook = await rostro.attendance.workbook(attendance);
    expect(
      Buffer.from(await workbook.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
  },
  'DELETE /attendance/:id': async () => {
    expect(holds(schemas.deletedAttendance, await rostro.attendance.delete(attendance))).toEqual({
      deleted: attendance,
    });
    expect(await failing(rostro.attendance.get(attendance))).toMatchObject({ code: 'attendance_not_found' });
  },
} satisfies Record<NativeRoute, () => Promise<unknown>>;

describe('the client', () => {
  it('knows every route of the server', () => {
    const native = Object.keys(ACCESS).filter((route) => !route.includes(' /api/'));
    expect(Object.keys(CALLS).sort()).toEqual(native.sort());
  });

  it.each(Object.entries(CALLS))('has a method for %s', async (route, call) => {
    requests = [];
    await call();
    const pattern = new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`);
    expect(requests.filter((request) => pattern.test(request)).length).toBeGreaterThan(0);
  });

  it('follows the faces of a camera over a WebSocket, with its key', async () => {
    const live = rostro.live({ WebSocket, threshold: 0.5, details: true });
    const first = holds(schemas.liveRecognition, await live.recognize(photos.samePerson));
    expect(first.faces[0]).toMatchObject({
      name: 'Ada Lovelace',
      track: 1,
      threshold: 0.5,
      details: { groups: ['Turín', 'staff'] },
    });
    live.configure({ threshold: 0.01 });
    expect((await live.recognize(photos.samePerson)).faces[0].threshold).toBe(0.01);
    live.configure({ threshold: 3 });
    for (let i = 0; i < 2; i++)
      await expect(live.recognize(photos.samePerson)).rejects.toMatchObject({ code: 'bad_request' });
    live.configure({ threshold: 0.5 });
    expect((await live.recognize(photos.samePerson)).faces[0].threshold).toBe(0.5);
    await expect(live.recognize(new Blob(['no photo']))).rejects.toMatchObject({ code: 'not_an_image' });
    live.close();
    await expect(live.recognize(photos.samePerson)).rejects.toMatchObject({ code: 'unreachable' });
    const stranger = new Rostro({ url: server.url }).live({ WebSocket });
    await expect(stranger.recognize(photos.samePerson)).rejects.toMatchObject({ code: 'unreachable' });
    expect(() => new Rostro({ url: server.url }).live()).not.toThrow();
  });
});

describe('a failure', () => {
  it('has code, status, details of its code, and the id of its request', async () => {
    const error = await failing(rostro.enrol(photos.group, { name: 'Two' }));
    if (!(error instanceof RostroApiError) || !error.is('several_faces')) throw error;
    expect(error.details.faces).toHaveLength(2);
    expect(error.details.image.width).toBeGreaterThan(error.details.faces[1].box.x);
    expect([error.status, error.name]).toEqual([422, 'RostroApiError']);
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await rostro.enrol(photos.group, { name: 'Two', face: 1 })).name).toBe('Two');
  });

  it('tells a key that is missing from one that does not allow it', async () => {
    const recognise = await createKey(server.dataDir, 'recognise');
    const failed: string[] = [];
    const onError = ({ code }: RostroApiError) => failed.push(code);
    await failing(new Rostro({ url: server.url, onError }).status());
    await failing(new Rostro({ url: `${server.url}/`, key: recognise.key, onError }).people.list());
    expect(failed).toEqual(['unauthorised', 'forbidden']);
  });
});
