import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Challenge, type Progress } from '../../../src/challenges/challenge.js';
import * as schemas from '../../../src/http/schemas.js';
import { createKey } from '../../helpers/access.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { connectLive } from '../../helpers/live-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';

let server: TestServer;
let photos: Photos;
/** The embedding of the portrait. */
let looks: Float32Array;
const keys = {} as Record<'door' | 'other' | 'night', string>;

beforeAll(async () => {
  photos = await cutPhotos();
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
  const { faces } = await server.core.pipeline.run('analyse', { bytes: photos.portrait });
  looks = faces[0].embedding;
  for (const name of ['door', 'other'] as const) keys[name] = (await createKey(server.dataDir, 'recognise')).key;
  keys.night = (await createKey(server.dataDir, 'recognise', null, 'night')).key;
}, 120_000);
afterAll(() => server.close());
afterEach(() => vi.restoreAllMocks());

async function ask(method: string, path: string, body?: object | Buffer, key = keys.door) {
  const isPhoto = Buffer.isBuffer(body);
  const headers = { 'x-api-key': key, 'content-type': isPhoto ? 'image/jpeg' : 'application/json' };
  const sent = body && (isPhoto ? new Uint8Array(body) : JSON.stringify(body));
  const reply = await fetch(server.url + path, { method, headers, body: sent });
  const answer: unknown = await reply.json();
  if (reply.ok) return { status: reply.status, body: answer, code: null };
  return { status: reply.status, body: answer, code: schemas.failure.parse(answer).error.code };
}

async function begin(wanted: object = {}, key?: string) {
  return schemas.challenge.parse((await ask('POST', '/challenges', wanted, key)).body);
}

/** The next frame decides so, whatever it shows: `test/integration/challenges` tests the decision. */
function decide(change: Partial<Progress>): void {
  vi.spyOn(Challenge.prototype, 'looks', 'get').mockReturnValue([looks]);
  vi.spyOn(Challenge.prototype, 'observe').mockImplementationOnce(() => {
    const running = { state: 'running', step: 0, actions: ['blink', 'smile'], done: 0, hint: null, failure: null };
    return { ...running, ...change } as Progress;
  });
}

async function pass(wanted: object = {}, key?: string) {
  const { id } = await begin(wanted, key);
  decide({ state: 'passed', step: 2, done: 1 });
  const end = schemas.challenge.parse((await ask('POST', `/challenges/${id}/frames`, photos.portrait, key)).body);
  const result = schemas.challengeResult.parse((await ask('GET', `/challenges/${id}`, undefined, key)).body);
  return { id, end, result };
}

describe('POST /challenges', () => {
  it('begins a challenge with drawn actions', async () => {
    const begun = await ask('POST', '/challenges', { without: ['smile', 'turn_left', 'turn_right'] });
    expect(begun.status).toBe(201);
    const { actions, ...rest } = schemas.challenge.parse(begun.body);
    expect(rest).toMatchObject({ state: 'running', step: 0, hint: null, failure: null, person: null });
    expect(actions.filter((action) => !['look_up', 'blink', 'come_closer'].includes(action))).toEqual([]);
  });

  it.each([
    [{ without: ['dance'] }],
    [{ without: ['smile', 'turn_left', 'turn_right', 'blink'] }],
    [{ person: '' }],
    [{ audience: 'x'.repeat(201) }],
    [{ actions: ['blink'] }],
  ])('refuses %j', async (wanted) => {
    expect(await ask('POST', '/challenges', wanted)).toMatchObject({ status: 400, code: 'bad_request' });
  });

  it('needs a key', async () => {
    expect(await ask('POST', '/challenges', {}, 'no key')).toMatchObject({ status: 401, code: 'unauthorised' });
  });
});

describe('the frames of a challenge', () => {
  it('give a hint where there is no face, or not one alone', async () => {
    const { id } = await begin();
    const send = async (photo: Buffer) =>
      schemas.challenge.parse((await ask('POST', `/challenges/${id}/frames`, photo)).body).hint;
    expect(await send(photos.landscape)).toBe('no_face');
    expect(await send(photos.group)).toBe('one_person');
  });

  it('are refused where the challenge is unknown, also that of another key', async () => {
    const { id } = await begin();
    const unknown = { status: 404, code: 'challenge_unknown' };
    expect(await ask('POST', `/challenges/${id}/frames`, photos.portrait, keys.other)).toMatchObject(unknown);
    expect(await ask('GET', `/challenges/${id}`, undefined, keys.other)).toMatchObject(unknown);
    expect(await ask('POST', '/challenges/none/frames', photos.portrait)).toMatchObject(unknown);
    expect(await ask('GET', '/challenges/none')).toMatchObject(unknown);
  });

  it('are refused when they are no photo, and the challenge goes on', async () => {
    const { id } = await begin();
    const path = `/challenges/${id}/frames`;
    expect(await ask('POST', path, Buffer.from('no photo'))).toMatchObject({ status: 415, code: 'not_an_image' });
    expect(await ask('POST', path, photos.landscape)).toMatchObject({ status: 200 });
  });

  it('are refused after the end', async () => {
    const { id } = await pass();
    const late = await ask('POST', `/challenges/${id}/frames`, photos.portrait);
    expect(late).toMatchObject({ status: 409, code: 'challenge_over' });
  });

  it('can come over the live socket', async () => {
    const { id } = await begin();
    const camera = await connectLive(server.url, { headers: { 'x-api-key': keys.door } });
    camera.send(JSON.stringify({ challenge: id }));
    camera.send(photos.landscape);
    expect(await camera.next()).toMatchObject({ type: 'challenge', frame: 1, id, hint: 'no_face', state: 'running' });
    decide({ state: 'passed' });
    camera.send(photos.portrait);
    expect(await camera.next()).toMatchObject({ type: 'challenge', frame: 2, state: 'passed' });
    camera.send(photos.portrait);
    expect(await camera.next()).toMatchObject({ type: 'error', frame: 3, error: { code: 'challenge_over' } });
    camera.send('{}');
    expect((await camera.see(photos.portrait)).faces).toHaveLength(1);
    await camera.close();
  });
});

describe('a challenge that was passed', () => {
  it('names the person and gives a token, which a door checks with the public key alone', async () => {
    const { id, end, result } = await pass({ audience: 'front door', person: 'Ada' });
    expect(end).toMatchObject({ state: 'passed', person: { name: 'Ada', id: null } });
    const key = createRemoteJWKSet(new URL(`${server.url}/challenges/keys`));
    const { payload } = await jwtVerify(result.token!, key, { audience: 'front door', issuer: 'rostro' });
    expect(payload).toMatchObject({ sub: id, person: { name: 'Ada', id: null } });
  });

  it('says whether its token was collected', async () => {
    const { id, result } = await pass();
    expect(result.collected).toBe(false);
    const again = schemas.challengeResult.parse((await ask('GET', `/challenges/${id}`)).body);
    expect(again).toMatchObject({ token: result.token, collected: true });
  });

  it('has a token that is redeemed once, by any key', async () => {
    const { id, result } = await pass({ audience: 'front door' });
    const redeem = (audience: string) =>
      ask('POST', '/challenges/verify', { token: result.token, audience }, keys.other);
    const refused = (why: string) => ({ status: 422, body: { error: { code: 'token_refused', details: { why } } } });
    expect(await redeem('back door')).toMatchObject(refused('wrong_audience'));
    expect(schemas.checkedToken.parse((await redeem('front door')).body)).toMatchObject({ sub: id });
    expect(await redeem('front door')).toMatchObject(refused('used'));
    const altered = await ask('POST', '/challenges/verify', { token: `${result.token!.slice(0, -4)}AAAA` });
    expect(altered).toMatchObject({ code: 'token_refused' });
  });

  it('fails for another person than the expected one', async () => {
    const { end, result } = await pass({ person: 'Bea' });
    expect(end).toMatchObject({ state: 'failed', failure: 'wrong_person', person: null });
    expect(result.token).toBeNull();
  });

  it('is counted by its result', async () => {
    const counted = async (result: string) => {
      const text = await (await fetch(`${server.url}/metrics`, { headers: { 'x-api-key': keys.door } })).text();
      return Number(new RegExp(`^rostro_challenges_total{result="${result}"} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    };
    const before = [await counted('passed'), await counted('wrong_person')];
    await pass();
    await pass({ person: 'Bea' });
    expect([await counted('passed'), await counted('wrong_person')]).toEqual(before.map((count) => count + 1));
  });

  it('names nobody outside the group of the key', async () => {
    expect((await pass({}, keys.night)).end).toMatchObject({ state: 'passed', person: null });
    const other = await ask('POST', '/challenges', { group: 'day' }, keys.night);
    expect(other).toMatchObject({ status: 403, code: 'forbidden' });
  });
});
