import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SettingsFile } from '../../../src/app/settings-store.js';
import { Rostro } from '../../../src/client/index.js';
import * as compreface from '../../../src/plugins/compreface/schemas.js';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, hasWeights, needsSharedAndWeights, samplePhoto, sharedPath } from '../../helpers/shared.js';

const PERSON = ['real/0001_00_00_01_0.jpg', 'real/0001_00_00_01_112.jpg', 'real/0001_00_00_01_116.jpg'];
const PRINT = 'print/0001_00_00_01_431.jpg';
const photo = (file: string) => readFile(sharedPath('liveness-dev', ...file.split('/')));

async function folderWithNetworks(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
  await mkdir(join(dataDir, 'model'));
  await symlink(sharedPath('models', 'liveness'), join(dataDir, 'model', 'liveness'));
  return dataDir;
}

async function post(
  server: TestServer,
  path: string,
  files: readonly Uint8Array[],
  fields: Record<string, string> = {},
) {
  const body = new FormData();
  files.forEach((file, i) => body.append('file', new Blob([new Uint8Array(file)]), `photo-${i}.jpg`));
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const reply = await fetch(`${server.url}${path}`, { method: 'POST', body });
  return { status: reply.status, json: (await reply.json()) as unknown };
}

describe.skipIf(!hasShared || !hasWeights)(`LIVENESS=require${needsSharedAndWeights}`, () => {
  let dataDir: string;
  let server: TestServer;
  beforeAll(async () => {
    dataDir = await folderWithNetworks();
    const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet' };
    server = await startServer({ ...networks, ROSTRO_DATA: dataDir, LIVENESS: 'require', LIVENESS_ENROL: '1' });
    expect((await post(server, '/upload', [await photo(PERSON[0])], { name: 'Ada' })).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('holds for a request that asks for less', async () => {
    for (const liveness of ['off', 'report']) {
      const { json } = await post(server, '/recognize', [await photo(PRINT)], { liveness });
      const { faces, model } = schemas.recognition.parse(json);
      expect(faces[0]).toMatchObject({ name: null, withheld: 'not_live', live: { verdict: 'spoof' } });
      expect(model.liveness).toBe('require');
    }
    const pair = await Promise.all([PERSON[0], PRINT].map(photo));
    expect((await post(server, '/verify?liveness=off', pair)).json).toMatchObject({ same: false });
    const detected = (await post(server, '/detect?liveness=off', pair.slice(1))).json;
    expect(schemas.detection.parse(detected).faces[0].live).toMatchObject({ verdict: 'spoof' });
  });

  it('names a living person and withholds the name of a printed photo', async () => {
    const [person, print] = await Promise.all(
      [PERSON[1], PRINT].map(async (file) => {
        const { json } = await post(server, '/recognize', [await photo(file)]);
        return schemas.recognition.parse(json);
      }),
    );
    expect(person.model.liveness).toBe('require');
    expect(person.faces[0]).toMatchObject({ name: 'Ada', live: { verdict: 'live', why: null } });
    expect(person.faces[0].withheld).toBeUndefined();
    const withheld = { name: null, nearest: null, distance: null, runnerUp: null, withheld: 'not_live' };
    expect(print.faces[0]).toMatchObject({ ...withheld, live: { verdict: 'spoof', why: 'below_threshold' } });
  });

  it('says in /status that faces are judged', async () => {
    const status = schemas.status.parse(await (await fetch(`${server.url}/status`)).json());
    expect(status).toMatchObject({ liveness: true, model: { liveness: 'require' } });
  });

  it('tells it in /detect, and refuses a match of two faces of which one is printed', async () => {
    const detected = schemas.detection.parse((await post(server, '/detect', [await photo(PRINT)])).json);
    expect(detected.faces[0].live).toMatchObject({ verdict: 'spoof' });
    const compare = async (...files: string[]) =>
      schemas.verification.parse((await post(server, '/verify', await Promise.all(files.map(photo)))).json);
    expect(await compare(PERSON[0], PERSON[1])).toMatchObject({ same: true });
    const withPrint = await compare(PERSON[0], PRINT);
    expect(withPrint).toMatchObject({ same: false, withheld: 'not_live' });
    expect(withPrint.faces[1].live).toMatchObject({ verdict: 'spoof' });
  });

  it('holds for the CompreFace API, whose requests of embeddings cannot be judged', async () => {
    const api = '/api/v1/recognition';
    const [person, print] = await Promise.all([PERSON[0], PRINT].map(photo));
    const subjects = async (file: Uint8Array) => {
      const { json } = await post(server, `${api}/recognize?prediction_count=5`, [file]);
      return compreface.recognizedFaces.parse(json).result[0].subjects.map(({ subject }) => subject);
    };
    expect(await subjects(person)).toEqual(['Ada']);
    expect(await subjects(print)).toEqual([]);
    const verify = new FormData();
    verify.append('source_image', new Blob([new Uint8Array(person)]), 'a.jpg');
    verify.append('target_image', new Blob([new Uint8Array(print)]), 'b.jpg');
    const compared = await fetch(`${server.url}/api/v1/verification/verify`, { method: 'POST', body: verify });
    expect(compared.status).toBe(400);
    expect(await compared.text()).toContain('judged to be alive');
    const embeddings = await fetch(`${server.url}${api}/embeddings/recognize`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ embeddings: [Array.from({ length: 192 }, () => 0.07)] }),
    });
    expect(embeddings.status).toBe(400);
    expect(await embeddings.text()).toContain('send a photo');
  });

  it('enrols a printed photo from a file, but not from the webcam', async () => {
    const refused = await post(server, '/upload', [await photo(PRINT)], { name: 'Print', webcam: 'true' });
    expect(refused.status).toBe(422);
    expect(schemas.failure.parse(refused.json).error).toMatchObject({
      code: 'not_live',
      details: { live: { verdict: 'spoof' } },
    });
    const living = await post(server, '/upload', [await photo(PERSON[2])], { name: 'Ada', webcam: 'true', face: '0' });
    expect(living, JSON.stringify(living)).toMatchObject({ status: 201 });
    expect((await post(server, '/upload', [await photo(PRINT)], { name: 'Print' })).status).toBe(201);
  });
});

describe.skipIf(!hasShared || !hasWeights)(`the policy of a request${needsSharedAndWeights}`, () => {
  let dataDir: string;
  let server: TestServer;
  beforeAll(async () => {
    dataDir = await folderWithNetworks();
    server = await startServer({ DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', ROSTRO_DATA: dataDir });
    expect((await post(server, '/upload', [await photo(PERSON[0])], { name: 'Ada' })).status).toBe(201);
    expect((await post(server, '/upload', [await photo(PRINT)], { name: 'Print' })).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('can demand a living person of /recognize, and can save the check', async () => {
    const ask = async (file: string, fields: Record<string, string>) => {
      const { faces, model } = schemas.recognition.parse(
        (await post(server, '/recognize', [await photo(file)], fields)).json,
      );
      return { ...faces[0], policy: model.liveness };
    };
    const spoof = { live: { verdict: 'spoof' } };
    expect(await ask(PRINT, {})).toMatchObject({ name: 'Print', ...spoof, policy: 'report' });
    expect(await ask(PRINT, { liveness: 'require' })).toMatchObject({
      name: null,
      nearest: null,
      withheld: 'not_live',
      policy: 'require',
      ...spoof,
    });
    expect(await ask(PERSON[1], { liveness: 'require' })).toMatchObject({ name: 'Ada', live: { verdict: 'live' } });
    expect(await ask(PRINT, { liveness: 'off' })).toMatchObject({ name: 'Print', live: null, policy: 'off' });
  });

  it('can demand two living people of /verify, and cannot demand anything of /detect', async () => {
    const photos = await Promise.all([PRINT, PRINT].map(photo));
    const compare = async (liveness: string) =>
      schemas.verification.parse((await post(server, `/verify?liveness=${liveness}`, photos)).json);
    expect(await compare('report')).toMatchObject({ same: true });
    expect(await compare('require')).toMatchObject({ same: false, withheld: 'not_live' });
    expect((await compare('off')).faces.map(({ live }) => live)).toEqual([null, null]);
    const detect = (liveness: string) => post(server, `/detect?liveness=${liveness}`, photos.slice(1));
    expect(schemas.detection.parse((await detect('off')).json).faces[0].live).toBeNull();
    expect((await detect('require')).status).toBe(400);
  });

  it('follows a change of the setting at once', async () => {
    const print = await photo(PRINT);
    const change = async (LIVENESS: string | null) => {
      const { settings } = await new Rostro({ url: server.url }).settings.change({ LIVENESS });
      const { json } = await post(server, '/recognize', [print]);
      const { faces, model } = schemas.recognition.parse(json);
      const stored = settings.find(({ name }) => name === 'LIVENESS')?.value;
      return [stored, model.liveness, faces[0].name, faces[0].withheld, faces[0].live?.verdict];
    };
    expect(await change('require')).toEqual(['require', 'require', null, 'not_live', 'spoof']);
    expect(await change('off')).toEqual(['off', 'off', 'Print', undefined, undefined]);
    expect(await change(null)).toEqual(['report', 'report', 'Print', undefined, 'spoof']);
  });

  it('holds for the frames of a live session and of a WebSocket', async () => {
    const frame = await photo(PRINT);
    for (const [liveness, name] of Object.entries({ require: null, report: 'Print', off: 'Print' })) {
      const session = `policy-${liveness}`;
      for (let i = 0; i < 3; i++) {
        const { json } = await post(server, '/recognize', [frame], { session, liveness });
        const answer = schemas.liveRecognition.parse(json);
        expect([answer.faces[0].name, answer.model.liveness]).toEqual([name, liveness]);
      }
    }
    const socket = new Rostro({ url: server.url }).live({ WebSocket, liveness: 'require' });
    const named = async () => (await socket.recognize(frame)).faces[0].name;
    expect(await named()).toBeNull();
    socket.configure({ liveness: 'report' });
    expect(await named()).toBe('Print');
    socket.close();
  });
});

describe('a server without the networks', () => {
  it('refuses a request that demands the check', async () => {
    const server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    const file = await readFile(samplePhoto(1));
    for (const [path, files] of [
      ['/recognize?liveness=require', 1],
      ['/recognize?liveness=report', 1],
      ['/recognize?session=policy-1&liveness=require', 1],
      ['/detect?liveness=report', 1],
      ['/verify?liveness=require', 2],
    ] as const) {
      const { status, json } = await post(server, path, Array<Uint8Array>(files).fill(file));
      const { error } = schemas.failure.parse(json);
      expect([status, error.code]).toEqual([501, 'liveness_unavailable']);
      expect(error.message).toContain('rostro models pull liveness');
    }
    expect((await post(server, '/recognize?liveness=off', [file])).status).toBe(200);
    await server.close();
  }, 60_000);

  it('answers without a judgement', async () => {
    const server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    const { json } = await post(server, '/recognize', [await readFile(samplePhoto(1))]);
    const { faces, model } = schemas.recognition.parse(json);
    expect(faces[0].live).toBeNull();
    expect(model.liveness).toBe('off');
    await server.close();
  }, 60_000);

  it('names nobody once another server of its database demands the check', async () => {
    const server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    await new SettingsFile(join(server.dataDir, '.state')).save({ LIVENESS: 'require' });
    await expect.poll(() => server.core.recognition.model.liveness, { timeout: 20_000 }).toBe('require');
    const { json } = await post(server, '/recognize', [await readFile(samplePhoto(1))]);
    expect(schemas.recognition.parse(json).faces[0]).toMatchObject({ name: null, withheld: 'not_live' });
    await server.close();
  }, 60_000);

  it('does not start where they are required', async () => {
    for (const setting of [{ LIVENESS: 'require' }, { LIVENESS_ENROL: '1' }]) {
      await expect(startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ...setting })).rejects.toMatchObject({
        code: 'model_missing',
        message: expect.stringContaining('rostro models pull liveness') as string,
      });
    }
  });
});
