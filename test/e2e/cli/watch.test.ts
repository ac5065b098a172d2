import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cameraEventSchema } from '../../../src/events/event.js';
import { cutPhotos } from '../../helpers/browser/photos.js';
import { jsonLines, rostro, rostroWith } from '../../helpers/rostro.js';
import { linkSharedCache } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';
import { hasFfmpeg, makeVideo, needsFfmpeg } from '../../helpers/video.js';

describe.skipIf(!hasFfmpeg)(`rostro watch${needsFfmpeg}`, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-watch-'));
    const { portrait, samePerson, otherPerson } = await cutPhotos();
    await writeFile(join(folder, 'Ada.jpg'), samePerson);
    expect(await rostro(folder, 'enrol', 'Ada.jpg')).toMatchObject({ code: 0 });
    await makeVideo(join(folder, 'door.mp4'), [
      { photos: [], seconds: 1 },
      { photos: [portrait], seconds: 2 },
      { photos: [portrait, otherPerson], seconds: 2 },
      { photos: [otherPerson], seconds: 3 },
      { photos: [], seconds: 3 },
    ]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('tells who comes and goes in a video, each once, with the times of the video', async () => {
    const { code, out } = await rostro(folder, 'watch', 'door.mp4', '--name', 'door', '--fps', '5', '--grace', '2');
    const events = jsonLines(out).map((line) => cameraEventSchema.parse(line));
    expect(events.map(({ type, person, camera, sequence }) => [type, person, camera, sequence])).toEqual([
      ['appeared', 'Ada', 'door', 1],
      ['unknown', null, 'door', 2],
      ['left', 'Ada', 'door', 3],
      ['left', null, 'door', 4],
    ]);
    const wanted = [1, 3, 5, 8];
    for (const [i, { position }] of events.entries()) expect(Math.abs(position! - wanted[i])).toBeLessThan(0.3);
    expect(events.map(({ seconds }) => seconds && Math.round(seconds))).toEqual([null, null, 4, 5]);
    expect(new Set(events.map(({ track }) => track)).size).toBe(2);
    expect(code).toBe(0);
  });

  it('says the same of a video at another rate and size', async () => {
    const { out } = await rostro(folder, 'watch', 'door.mp4', '--fps', '3', '--grace', '2');
    expect(jsonLines(out).map(({ type, person }) => [type, person])).toEqual([
      ['appeared', 'Ada'],
      ['unknown', null],
      ['left', 'Ada'],
      ['left', null],
    ]);
  });

  it.each([
    ['gone.mp4', 'There is no such file.'],
    ['Ada.txt', 'It sends no video that ffmpeg can read.'],
    ['rtsp://user:s3cret@127.0.0.1:1/live', 'Nothing listens at this address.'],
  ])('ends with a sentence for %s', async (source, sentence) => {
    await writeFile(join(folder, 'Ada.txt'), 'no video at all');
    const { code, out, err } = await rostro(folder, 'watch', source);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`rostro: ${sentence} (camera_failed)`);
    expect(err).not.toContain('s3cret');
  });

  it('says what is missing where there is no ffmpeg', async () => {
    const { code, err } = await rostroWith({ FFMPEG: '/nowhere/ffmpeg' }, folder, 'watch', 'door.mp4');
    expect(code).toBe(1);
    expect(err).toContain('There is no program "/nowhere/ffmpeg": install ffmpeg');
  });

  it('refuses sources and numbers that are none', async () => {
    expect((await rostro(folder, 'watch', 'ftp://host/x')).err).toContain('bad_config');
    expect((await rostro(folder, 'watch', 'door.mp4', '--fps', '0')).err).toContain('give a number from 0.1 to 60');
    expect((await rostro(folder, 'watch', 'door.mp4', '--name', 'Front door')).err).toContain('--name: give 1 to 50');
  });
});

const suite = `rostro watch with MTCNN and FaceNet${needsFfmpeg}${needsShared}`;
describe.skipIf(!hasFfmpeg || !hasShared)(suite, () => {
  const people = ['amy', 'bernadette', 'howard', 'leonard', 'penny', 'raj', 'sheldon', 'stuart'];
  const strangers = new Set(['penny', 'stuart']);
  const photoOf = (name: string, number: number) => sharedPath('images', 'people', name, `${name}${number}.png`);
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-watch-people-'));
    for (const part of ['model', 'npy']) await symlink(sharedPath('models', part), join(folder, part));
    await linkSharedCache(folder);
    const known = people.filter((name) => !strangers.has(name));
    for (const name of known) await copyFile(photoOf(name, 1), join(folder, `${name}.png`));
    const files = known.map((name) => `${name}.png`);
    expect(await rostroWith({ QUALITY_GATE: 'warn' }, folder, 'enrol', ...files)).toMatchObject({ code: 0 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('tells of eight people who come one after the other and overlap, two of them unknown', async () => {
    const alone = people.map((name) => ({ photos: [photoOf(name, 2)], seconds: 2 }));
    await makeVideo(
      join(folder, 'alone.mp4'),
      alone.flatMap((scene) => [{ photos: [], seconds: 2 }, scene]),
    );
    const { out } = await rostro(folder, 'watch', 'alone.mp4', '--fps', '4', '--grace', '1');
    const told = jsonLines(out).map(({ type, person }) => `${String(type)} ${String(person)}`);
    const wanted = people.flatMap((name) =>
      strangers.has(name) ? ['unknown null', 'left null'] : [`appeared ${name}`, `left ${name}`],
    );
    expect(told).toEqual(wanted);
  });
});
