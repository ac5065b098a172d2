import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHALLENGE_MS, type Progress } from '../../../src/challenges/challenge.js';
import { type ChallengeRequest, Challenges } from '../../../src/challenges/challenges.js';
import { challengeKeyFile, ChallengeTokens } from '../../../src/challenges/tokens.js';
import type { ObservedFrame, ObserveRequest, Pipeline } from '../../../src/faces/pipeline/pipeline.js';
import type { EmbeddedPerson } from '../../../src/gallery/gallery.js';
import { sealedWith, sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { fixedMatcherSource } from '../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { fixedThreshold } from '../../../src/matching/thresholds/threshold-source.js';
import { PersonLookup } from '../../../src/people/naming.js';
import { noObserver } from '../../../src/people/observer.js';
import { RostroError } from '../../../src/shared/errors.js';

const ADA = Float32Array.of(1, 0);
const FRAME = new Uint8Array([1]);
const REQUEST: ChallengeRequest = { owner: 'a key', naming: {} };

const example = { id: '1', embedding: ADA, crop: null, addedAt: null, details: null };
const ada: EmbeddedPerson = { name: 'Ada', id: '7', metadata: {}, groups: ['staff'], examples: [example] };
const gallery = { version: 1, people: () => [ada] };

let folder: string;
let keys: ChallengeTokens;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-challenges-'));
  keys = new ChallengeTokens(folder, plainVault);
});
afterAll(() => rm(folder, { recursive: true }));

/** Challenges that are decided by `script`, one entry for each frame; the last one is repeated. */
function fixture(script: Partial<Progress>[] = [{ state: 'passed' }], looks: readonly Float32Array[] = [ADA]) {
  let time = 0;
  const seen: number[] = [];
  const challenges = new Challenges({
    pipeline: {
      info: { contract: { threshold: 1 } } as never,
      run: (async (_: 'observe', { bytes: [number, delay = 0] }: ObserveRequest): Promise<ObservedFrame> => {
        await new Promise((resolve) => setTimeout(resolve, delay));
        seen.push(number);
        if (number === 0) throw new RostroError('damaged_image', 'The photo is damaged.');
        return { image: { width: 100, height: 100 }, faces: [] };
      }) as Pipeline['run'],
    },
    matching: fixedMatcherSource(new NearestMatcher(gallery)),
    lookup: new PersonLookup(gallery),
    thresholds: fixedThreshold(0.5),
    tokens: keys,
    observer: noObserver,
    now: () => time,
    start: ({ actions }) => {
      let frame = 0;
      return {
        looks,
        score: 0.9,
        observe: () => {
          const progress = script[Math.min(frame++, script.length - 1)];
          return { state: 'running', step: 0, actions, done: 0, hint: null, failure: null, ...progress };
        },
      };
    },
  });
  const wait = (ms: number) => (time += ms);
  return { challenges, seen, wait };
}

async function failureOf(call: () => unknown): Promise<RostroError | null> {
  try {
    await call();
    return null;
  } catch (error) {
    return error as RostroError;
  }
}
const codeOf = async (promise: Promise<unknown>) => (await failureOf(() => promise))?.code ?? 'none';
const codeOfCall = async (call: () => unknown) => (await failureOf(call))?.code ?? 'none';

async function pass(request: Partial<ChallengeRequest> = {}, looks?: Float32Array[]) {
  const made = fixture(undefined, looks);
  const { id } = await made.challenges.create({ ...REQUEST, ...request });
  const end = await made.challenges.observe(id, REQUEST.owner, FRAME);
  return { ...made, id, end, result: made.challenges.collect(id, REQUEST.owner) };
}

describe('a challenge', () => {
  it('runs until it is passed, and names the person', async () => {
    const { challenges, wait } = fixture([{ hint: 'no_face' }, { done: 0.5 }, { state: 'passed', step: 2, done: 1 }]);
    const begun = await challenges.create(REQUEST);
    expect(begun).toMatchObject({ state: 'running', step: 0, msLeft: CHALLENGE_MS, person: null, score: null });
    expect(begun.actions.length).toBeGreaterThanOrEqual(2);
    const next = () => challenges.observe(begun.id, REQUEST.owner, FRAME);
    expect(await next()).toMatchObject({ state: 'running', hint: 'no_face' });
    wait(5000);
    expect(await next()).toMatchObject({ state: 'running', done: 0.5, msLeft: CHALLENGE_MS - 5000 });
    const end = await next();
    expect(end).toMatchObject({ state: 'passed', failure: null, msLeft: 0, person: { name: 'Ada', id: '7' } });
    expect(end.score).toBeCloseTo(0.9);
    expect(await codeOf(next())).toBe('challenge_over');
  });

  it('is unknown to others', async () => {
    const { challenges } = fixture();
    const { id } = await challenges.create(REQUEST);
    expect(await codeOf(challenges.observe(id, 'another key', FRAME))).toBe('challenge_unknown');
    expect(await codeOfCall(() => challenges.collect(id, 'another key'))).toBe('challenge_unknown');
    expect(await codeOfCall(() => challenges.collect('none', REQUEST.owner))).toBe('challenge_unknown');
  });

  it('fails when its time is over, and is forgotten later', async () => {
    const { challenges, wait } = fixture([{}]);
    const { id } = await challenges.create(REQUEST);
    wait(CHALLENGE_MS + 1);
    expect(challenges.collect(id, REQUEST.owner)).toMatchObject({ state: 'failed', failure: 'time_over', token: null });
    expect(await codeOf(challenges.observe(id, REQUEST.owner, FRAME))).toBe('challenge_over');
    wait(60_001);
    expect(await codeOfCall(() => challenges.collect(id, REQUEST.owner))).toBe('challenge_unknown');
  });

  it('fails as the frames decide', async () => {
    const { challenges } = fixture([{ state: 'failed', failure: 'jump' }]);
    const { id } = await challenges.create(REQUEST);
    expect(await challenges.observe(id, REQUEST.owner, FRAME)).toMatchObject({ state: 'failed', failure: 'jump' });
    expect(challenges.collect(id, REQUEST.owner)).toMatchObject({ token: null, person: null, collected: false });
  });

  it('takes frames in the order in which they came, and few at a time', async () => {
    const { challenges, seen } = fixture([{}]);
    const { id } = await challenges.create(REQUEST);
    const send = (...bytes: number[]) => challenges.observe(id, REQUEST.owner, new Uint8Array(bytes));
    const sent = [send(1, 30), send(2, 1), send(3, 10), send(4)];
    expect(await codeOf(send(5))).toBe('busy');
    await Promise.all(sent);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('goes on after a frame that is no photo', async () => {
    const { challenges } = fixture([{ done: 0.3 }]);
    const { id } = await challenges.create(REQUEST);
    expect(await codeOf(challenges.observe(id, REQUEST.owner, new Uint8Array([0])))).toBe('damaged_image');
    expect(await challenges.observe(id, REQUEST.owner, FRAME)).toMatchObject({ state: 'running', done: 0.3 });
  });

  it('is refused where ten of the key run or have failed, until they are a minute old', async () => {
    const { challenges, wait } = fixture([{}]);
    for (let i = 0; i < 10; i++) await challenges.create(REQUEST);
    expect(await codeOf(challenges.create(REQUEST))).toBe('too_many_requests');
    expect(await codeOf(challenges.create({ ...REQUEST, owner: 'another key' }))).toBe('none');
    wait(CHALLENGE_MS + 1);
    expect(await codeOf(challenges.create(REQUEST))).toBe('too_many_requests');
    wait(60_001);
    expect(await codeOf(challenges.create(REQUEST))).toBe('none');
  });

  it('does not count those that were passed', async () => {
    const { challenges } = fixture(Array.from({ length: 11 }, () => ({ state: 'passed' }) as const));
    for (let i = 0; i < 11; i++) {
      const { id } = await challenges.create(REQUEST);
      expect(await challenges.observe(id, REQUEST.owner, FRAME)).toMatchObject({ state: 'passed' });
    }
  });

  it('draws no action that the person cannot do', async () => {
    const { challenges } = fixture();
    for (let i = 0; i < 50; i++) {
      const without = ['turn_left', 'turn_right', 'look_up'] as const;
      const { actions } = await challenges.create({ ...REQUEST, owner: String(i), without });
      expect(actions.filter((action) => (without as readonly string[]).includes(action))).toEqual([]);
    }
  });
});

describe('the person of a challenge', () => {
  it('may be unknown', async () => {
    const { end, result } = await pass({}, [Float32Array.of(0, 1)]);
    expect(end).toMatchObject({ state: 'passed', person: null });
    expect(result.token).not.toBeNull();
  });

  it('must be the expected one, where one is expected', async () => {
    expect((await pass({ person: 'Ada' })).end).toMatchObject({ state: 'passed', person: { name: 'Ada' } });
    const { end, result } = await pass({ person: 'Bea' });
    expect(end).toMatchObject({ state: 'failed', failure: 'wrong_person', person: null });
    expect(result.token).toBeNull();
  });

  it('is of the group, where one is given', async () => {
    expect((await pass({ naming: { group: 'staff' } })).end.person).toEqual({ name: 'Ada', id: '7' });
    expect((await pass({ naming: { group: 'guests' } })).end.person).toBeNull();
  });

  it('is not named without looks', async () => {
    expect((await pass({}, [])).end.person).toBeNull();
  });
});

describe('the token of a challenge', () => {
  it('says who passed, for a door that has the public key', async () => {
    const { challenges, id, result } = await pass({ audience: 'front door' });
    const door = createLocalJWKSet({ keys: (await challenges.tokens.publicKeys()).keys.map((key) => ({ ...key })) });
    const { payload } = await jwtVerify(result.token!, door, { audience: 'front door', issuer: 'rostro' });
    expect(payload).toMatchObject({ sub: id, person: { name: 'Ada', id: '7' }, actions: result.actions });
    expect(payload.exp! - payload.iat!).toBe(60);
  });

  it('stays the same when it is collected again, which is said', async () => {
    const { challenges, id, result } = await pass();
    expect(result.collected).toBe(false);
    expect(challenges.collect(id, REQUEST.owner)).toMatchObject({ token: result.token, collected: true });
  });

  it('is redeemed once, for its audience', async () => {
    const { challenges, id, result } = await pass({ audience: 'front door' });
    const token = result.token!;
    const why = async (promise: Promise<unknown>) => (await failureOf(() => promise))?.details?.why;
    expect(await why(challenges.tokens.redeem(token, undefined))).toBe('wrong_audience');
    expect(await why(challenges.tokens.redeem(token, 'back door'))).toBe('wrong_audience');
    expect(await challenges.tokens.redeem(token, 'front door')).toMatchObject({ sub: id, person: { name: 'Ada' } });
    expect(await why(challenges.tokens.redeem(token, 'front door'))).toBe('used');
    // A server that was started again with the same key.
    expect(await why(fixture().challenges.tokens.redeem(token, 'front door'))).toBe('used');
  });
});

describe('the key of the tokens', () => {
  it('is kept for the next start, for its owner alone', async () => {
    const { kid } = (await keys.signer()).publicJwk;
    expect((await new ChallengeTokens(folder, plainVault).signer()).publicJwk.kid).toBe(kid);
    expect((await stat(challengeKeyFile(folder))).mode & 0o777).toBe(0o600);
  });

  it('is encrypted where the gallery is', async () => {
    const secret = await mkdtemp(join(tmpdir(), 'rostro-challenges-'));
    const vault = vaultOf([sealingKey(Buffer.alloc(32, 7))]);
    const { kid } = (await new ChallengeTokens(secret, vault).signer()).publicJwk;
    expect(sealedWith(await readFile(challengeKeyFile(secret)))).not.toBeNull();
    expect((await new ChallengeTokens(secret, vault).signer()).publicJwk.kid).toBe(kid);
    await rm(secret, { recursive: true });
  });

  it('is not replaced when its file is damaged', async () => {
    const damaged = await mkdtemp(join(tmpdir(), 'rostro-challenges-'));
    await writeFile(challengeKeyFile(damaged), '{"version":1}');
    await expect(new ChallengeTokens(damaged, plainVault).signer()).rejects.toMatchObject({ code: 'storage_failed' });
    expect(await readFile(challengeKeyFile(damaged), 'utf8')).toBe('{"version":1}');
    await rm(damaged, { recursive: true });
  });
});
