import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../src/app/pipeline.js';
import { readConfig } from '../../../src/app/config.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import type { FacePipeline } from '../../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../../src/faces/pipeline/load.js';
import type { EmbeddedFace } from '../../../src/faces/pipeline/pipeline.js';
import { fixedMatcherSource } from '../../../src/matching/matcher.js';
import { fixedThreshold } from '../../../src/matching/thresholds/threshold-source.js';
import { PersonLookup } from '../../../src/people/naming.js';
import { LiveSessions } from '../../../src/live/live-sessions.js';
import { RecognitionService } from '../../../src/people/recognition.js';
import { sharedCacheDir } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const PEOPLE = ['amy', 'bernadette', 'howard', 'leonard', 'penny', 'raj', 'sheldon', 'stuart'];
const FRAME_MS = 66;
const FRAMES_EACH = 5;

const photo = (person: string, number: number) =>
  readFile(sharedPath('images', 'people', person, `${person}${number}.png`));

/** A person in front of a grey wall, always at the same place but for a little swaying. */
async function frameOf(person: string, moment: number): Promise<Buffer> {
  const input = await sharp(await photo(person, 2))
    .resize(220, 220, { fit: 'inside' })
    .toBuffer();
  const [left, top] = [200 + Math.round(10 * Math.sin(moment / 2)), 120 + Math.round(6 * Math.cos(moment / 3))];
  return sharp({ create: { width: 640, height: 480, channels: 3, background: '#787d76' } })
    .composite([{ input, left, top }])
    .jpeg({ quality: 85 })
    .toBuffer();
}

describe.skipIf(!hasShared)(`people who take each other's place between two frames${needsShared}`, () => {
  let pipeline: FacePipeline;
  let sessions: LiveSessions;
  let time = 0;
  const frames = new Map<string, Buffer[]>();

  beforeAll(async () => {
    const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', ROSTRO_DATA: sharedPath('models') };
    const spec = pipelineSpec(readConfig({ ...networks, DETECT_MIN_FACE_PX: '40' }));
    pipeline = await loadPipeline({ ...spec, cacheDir: sharedCacheDir });
    const people: { name: string; examples: readonly EmbeddedFace[] }[] = [];
    for (const name of PEOPLE) {
      people.push({ name, examples: (await pipeline.run('analyse', { bytes: await photo(name, 1) })).faces });
      const moments = Array.from({ length: 2 * FRAMES_EACH }, (_, moment) => frameOf(name, moment));
      frames.set(name, await Promise.all(moments));
    }
    const gallery = { version: 1, people: () => people };
    const matching = fixedMatcherSource(new NearestMatcher(gallery));
    const lookup = new PersonLookup({ version: 1, people: () => [] });
    const recognition = new RecognitionService(
      pipeline,
      matching,
      lookup,
      fixedThreshold(pipeline.info.contract.threshold),
    );
    const options = { detectEvery: 100, maxSessions: 100, now: () => time };
    sessions = new LiveSessions({ pipeline, matching, gallery, lookup, recognition, ...options });
  });

  it.each(PEOPLE)('never get the name of %s, whom they replace, and soon their own', async (before) => {
    for (const after of PEOPLE.filter((name) => name !== before)) {
      const shown = [before, after].flatMap((person) => Array.from({ length: FRAMES_EACH }, () => person));
      const names = [];
      for (const [moment, person] of shown.entries()) {
        const { faces, found } = await sessions.recognize(`${before}-${after}`, frames.get(person)![moment]);
        names.push(faces.map(({ name }) => name));
        expect(found).toBe(moment === 0 || moment === 8 ? 'detected' : 'followed');
        time += FRAME_MS;
      }
      const allowed = shown.map((person) => [[person], [null]]);
      names.forEach((list, moment) => expect(allowed[moment]).toContainEqual(list));
      expect([names[1], names[4], names[7], names[9]]).toEqual([[before], [before], [after], [after]]);
    }
  });
});
