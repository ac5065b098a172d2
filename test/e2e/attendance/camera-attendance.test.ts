import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro } from '../../../src/client/index.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasFfmpeg, makeVideo, needsFfmpeg } from '../../helpers/video.js';

describe.skipIf(!hasFfmpeg)(`attendance by a camera of the server${needsFfmpeg}`, () => {
  let folder: string;
  let photos: Photos;
  let server: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-attendance-'));
    photos = await cutPhotos();
    await makeVideo(join(folder, 'door.mp4'), [{ photos: [photos.portrait], seconds: 30 }]);
    const cameras = [{ id: 'door', source: join(folder, 'door.mp4'), fps: 5 }];
    await writeFile(join(folder, 'cameras.json'), JSON.stringify({ cameras }));
    const CAMERAS_FILE = join(folder, 'cameras.json');
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', CAMERAS_FILE });
    await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
    await server.core.enrolment.enrol({ bytes: photos.otherPerson, fileName: undefined, name: 'Bea' });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('marks who is in front of it', async () => {
    const rostro = new Rostro({ url: server.url });
    const { id } = await rostro.attendance.open({ title: 'door', camera: 'door' });
    const row = async (name: string) => (await rostro.attendance.get(id)).people.find(({ person }) => person === name);
    await expect.poll(async () => (await row('Ada'))?.by, { timeout: 60_000 }).toBe('camera');
    expect(await row('Bea')).toMatchObject({ state: 'absent', seen: null });
  });
});
