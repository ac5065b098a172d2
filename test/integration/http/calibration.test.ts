import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { auditFolder } from '../../../src/app/state-stores.js';
import * as schemas from '../../../src/http/schemas.js';
import { installedWeightsDir } from '../../../src/models/find-models.js';
import { createKey } from '../../helpers/access.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { anotherPerson, onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { rostroWith } from '../../helpers/rostro.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
/** The server looks at the stored calibration every two seconds. */
const NOTICED = { timeout: 10_000 };

/** Near to the enrolled photo, but not the same. */
const blurred = async () =>
  sharp(await onePerson())
    .blur(2)
    .jpeg()
    .toBuffer();

let server: TestServer;
const send = (body: object, key?: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/calibration`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'x-api-key': key }), ...headers },
  });
const enrol = (name: string, bytes: Buffer) => server.core.enrolment.enrol({ bytes, fileName: undefined, name });
const codeOf = async (reply: Response) => schemas.failure.parse(await reply.json()).error.code;

async function get<T>(schema: z.ZodType<T>, path: string, init: RequestInit = {}, key?: string): Promise<T> {
  const headers = { ...(key !== undefined && { 'x-api-key': key }), 'content-type': 'image/jpeg' };
  return schema.parse(await (await fetch(server.url + path, { ...init, headers })).json());
}
const recognize = async (photo: Buffer, key?: string) =>
  get(schemas.recognition, '/recognize', { method: 'POST', body: new Uint8Array(photo) }, key);

describe('a threshold from the calibration page', () => {
  const keys = {} as Record<'admin' | 'enrol', string>;
  beforeAll(async () => {
    server = await startServer(NETWORKS);
    await enrol('Ada', await onePerson());
    await enrol('Ada', await onePersonAgain());
    await enrol('Grace', await anotherPerson());
    for (const scope of ['admin', 'enrol'] as const) keys[scope] = (await createKey(server.dataDir, scope)).key;
  });
  afterAll(() => server.close());

  it('needs a key of the scope admin, and the token of the login from a browser', async () => {
    expect(await codeOf(await send({ threshold: 0.3 }, keys.enrol))).toBe('forbidden');
    expect(await codeOf(await send({ threshold: 0.3 }))).toBe('unauthorised');
    const login = await fetch(`${server.url}/session`, {
      method: 'POST',
      body: JSON.stringify({ key: keys.admin }),
      headers: { 'content-type': 'application/json' },
    });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0];
    expect(await codeOf(await send({ threshold: 0.3 }, undefined, { cookie }))).toBe('bad_csrf_token');
    const { threshold, thresholdSource } = await get(schemas.status, '/status', {}, keys.admin);
    expect({ threshold, thresholdSource }).toEqual({ threshold: 0.569, thresholdSource: 'auto' });
  });

  it.each([[{}], [{ threshold: 0 }], [{ threshold: 2.5 }], [{ far: 0.9 }], [{ threshold: 0.5, extra: 1 }]])(
    'is refused where it is %j',
    async (body) => {
      expect(await codeOf(await send(body, keys.admin))).toBe('bad_request');
    },
  );

  it('is in use for the next photo, in the audit log, and stays after a restart', async () => {
    const photo = await onePersonAgain();
    const [before] = (await recognize(photo, keys.admin)).faces;
    expect(before).toMatchObject({ name: 'Ada', threshold: 0.569 });
    const reply = await send({ threshold: 0.005, far: 0.02 }, keys.admin);
    expect(schemas.appliedCalibration.parse(await reply.json())).toMatchObject({
      threshold: 0.005,
      far: 0.02,
      people: 2,
    });
    expect((await recognize(await blurred(), keys.admin)).faces[0]).toMatchObject({ name: null, threshold: 0.005 });
    const calibration = await get(schemas.calibration, '/calibration', {}, keys.admin);
    expect(calibration).toMatchObject({ current: { threshold: 0.005, source: 'calibrated' }, settable: true });
    const lines = entriesIn(auditFolder(join(server.dataDir, '.state'))).filter(({ action }) => action === 'calibrate');
    expect(lines).toMatchObject([
      { outcome: 'begun', actor: { kind: 'key' } },
      { outcome: 'done', actor: { kind: 'key' }, facts: { threshold: 0.005, far: 0.02 } },
    ]);
    const shown = await rostroWith({ ...NETWORKS, ROSTRO_DATA: server.dataDir }, server.dataDir, 'calibrate', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ current: { threshold: 0.005, source: 'calibrated' } });
  });

  it('is the recommended one for a rate alone', async () => {
    const { recommended } = await get(schemas.calibration, '/calibration?far=0.05', {}, keys.admin);
    const applied = schemas.appliedCalibration.parse(await (await send({ far: 0.05 }, keys.admin)).json());
    expect(applied).toMatchObject({ threshold: recommended!.threshold, far: 0.05 });
  });

  it('is the default again after null, also by "rostro calibrate --reset"', async () => {
    const status = () => get(schemas.status, '/status', {}, keys.admin);
    await send({ threshold: 0.1 }, keys.admin);
    const reply = await send({ threshold: null }, keys.admin);
    expect(schemas.appliedCalibration.parse(await reply.json())).toMatchObject({ threshold: 0.569, far: null });
    expect(await status()).toMatchObject({ threshold: 0.569, thresholdSource: 'auto' });
    await send({ threshold: 0.1 }, keys.admin);
    const settings = { ...NETWORKS, ROSTRO_DATA: server.dataDir };
    const { out } = await rostroWith(settings, server.dataDir, 'calibrate', '--reset');
    expect(out).toBe('The threshold is the default again: 0.569, unless THRESHOLD says otherwise.\n');
    await expect.poll(async () => (await status()).threshold, NOTICED).toBe(0.569);
  });

  it('comes from "rostro calibrate --apply" beside the running server', async () => {
    await send({ threshold: 0.1 }, keys.admin);
    const settings = { ...NETWORKS, ROSTRO_DATA: server.dataDir };
    const { code } = await rostroWith(settings, server.dataDir, 'calibrate', '--far', '0.1', '--apply');
    expect(code).toBe(0);
    const { recommended } = await get(schemas.calibration, '/calibration?far=0.1', {}, keys.admin);
    const threshold = async () => (await recognize(await onePerson(), keys.admin)).faces[0].threshold;
    await expect.poll(threshold, NOTICED).toBe(recommended!.threshold);
  });
});

describe('a server with THRESHOLD', () => {
  beforeAll(async () => {
    server = await startServer({ ...NETWORKS, THRESHOLD: '0.4' });
  });
  afterAll(() => server.close());

  it('refuses another one, and says why', async () => {
    const reply = await send({ threshold: 0.3 });
    expect(reply.status).toBe(409);
    expect(await codeOf(reply)).toBe('threshold_set');
    expect(await get(schemas.status, '/status')).toMatchObject({ threshold: 0.4, thresholdSource: 'set' });
  });
});

const hasWeights = installedWeightsDir() !== null;
const needsWeights = hasWeights ? '' : ' (skipped: the weights of MobileFaceNet are not installed)';

describe.skipIf(!hasWeights)(`a server with MobileFaceNet${needsWeights}`, () => {
  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', WORKERS: '1' });
  });
  afterAll(() => server.close());

  it('lowers the threshold with every photo, and tells how many strangers come as near', async () => {
    await enrol('Ada', await onePerson());
    const first = (await recognize(await onePersonAgain())).faces[0];
    expect(first).toMatchObject({ name: 'Ada', threshold: 1.141 });
    expect(first.falseMatchRate).toBeLessThan(0.001);
    await enrol('Grace', await anotherPerson());
    const second = (await recognize(await onePersonAgain())).faces[0];
    expect(second.threshold).toBeLessThan(first.threshold);
    expect(second.falseMatchRate! / first.falseMatchRate!).toBeCloseTo(2, 0);
    const status = await get(schemas.status, '/status');
    expect(status).toMatchObject({ thresholdSource: 'auto', thresholdNote: null });
    expect(status.strangersNamed).toBeCloseTo(0.01, 3);
    const form = new FormData();
    for (const photo of [await onePerson(), await anotherPerson()])
      form.append('file', new Blob([new Uint8Array(photo)]));
    const compared = schemas.verification.parse(
      await (await fetch(`${server.url}/verify`, { method: 'POST', body: form })).json(),
    );
    expect(compared.same).toBe(false);
    expect(compared.falseMatchRate).toBeGreaterThan(0.01);
  });
});
