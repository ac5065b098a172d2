import { createLocalJWKSet, jwtVerify } from 'jose';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHALLENGE_MS, type Progress } from '../../../src/challenges/challenge.js';
import { type ChallengeResult, Challenges } from '../../../src/challenges/challenges.js';
import { ChallengeTokens } from '../../../src/challenges/tokens.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { PersonLookup } from '../../../src/people/naming.js';
import { noObserver } from '../../../src/people/observer.js';
import { seededRandom } from '../../../src/shared/statistics/random.js';
import { follower } from '../../helpers/challenge-runs.js';
import { type FacePhoto, pictureOf } from '../../helpers/head-picture.js';
import { RESTING, type HeadState } from '../../helpers/head.js';
import { readPhoto } from '../../helpers/photo.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

/** The camera sends three or four frames a second. */
const FRAME_MS = 300;
const PHOTO = ['liveness-dev', 'real', '0001_00_00_01_0.jpg'] as const;

/** Pictures of a turned head through the real networks; only the clock is the test's. */
describe.skipIf(!hasShared)(`a challenge with the real networks${needsShared}`, () => {
  let server: TestServer;
  let challenges: Challenges;
  let photo: FacePhoto;
  let now = 0;

  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'auto', EMBEDDER: 'auto' });
    const { core, dataDir } = server;
    const bytes = await readFile(sharedPath(...PHOTO));
    await core.enrolment.enrol({ bytes, fileName: undefined, name: 'Ada' });
    const { faces } = await core.pipeline.run('observe', { bytes });
    photo = { image: await readPhoto(sharedPath(...PHOTO)), points: faces[0].landmarks };
    challenges = new Challenges({
      pipeline: core.pipeline,
      matching: core.matching,
      thresholds: core.threshold,
      lookup: new PersonLookup(core.gallery),
      observer: noObserver,
      now: () => now,
      tokens: new ChallengeTokens(dataDir, plainVault),
    });
  }, 120_000);
  afterAll(() => server.close());

  async function run(stateAt: (at: number, progress: Progress) => HeadState): Promise<ChallengeResult> {
    const begun = now;
    let status = await challenges.create({ owner: 'door', naming: {}, without: ['look_up', 'blink', 'smile'] });
    for (; status.state === 'running' && now - begun < CHALLENGE_MS; now += FRAME_MS) {
      const { width, height, data } = pictureOf(photo, stateAt(now - begun, { ...status, failure: null }));
      const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toBuffer();
      status = await challenges.observe(status.id, 'door', jpeg);
    }
    now += FRAME_MS;
    return challenges.collect(status.id, 'door');
  }

  it('is passed by a person who does what is asked, and the token names the person', async () => {
    const follow = follower(seededRandom(1));
    const { state, failure, actions, person, token } = await run((at, progress) => follow(at, progress).state);
    expect({ state, failure, actions }).toEqual({ state: 'passed', failure: null, actions });
    expect(person).toEqual({ name: 'Ada', id: null });
    const { keys } = await challenges.tokens.publicKeys();
    const { payload } = await jwtVerify(token!, createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) }));
    expect(payload).toMatchObject({ iss: 'rostro', person: { name: 'Ada' }, actions });
  }, 180_000);

  it('is not passed by a photo', async () => {
    expect(await run(() => RESTING)).toMatchObject({ state: 'failed', failure: 'time_over', token: null });
  }, 180_000);
});
