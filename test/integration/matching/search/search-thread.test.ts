import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import type { SearchThreadSpec } from '../../../../src/matching/search/search-messages.js';
import { discardSavedGraph, SearchThread } from '../../../../src/matching/search/search-thread.js';
import { memoryLogger } from '../../../helpers/log.js';
import { matchOf } from '../../../helpers/match-of.js';
import { crowd } from '../../../helpers/people-vectors.js';
import { MemoryGallery } from '../../../helpers/memory-gallery.js';
import { removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';

const DIMENSION = 128;
const PEOPLE = 200;
const people = crowd(PEOPLE, DIMENSION);
const open: SearchThread[] = [];

function lookAt(person: number): Float32Array {
  const values = new Float32Array(DIMENSION);
  people.look(person, values);
  return values;
}

function galleryOf(count = PEOPLE): MemoryGallery {
  const gallery = new MemoryGallery();
  for (let person = 0; person < count; person++) gallery.add(`person ${person}`, lookAt(person), lookAt(person));
  return gallery;
}

function start(gallery: MemoryGallery, spec: Partial<SearchThreadSpec> = {}) {
  const logged: string[] = [];
  const whole: SearchThreadSpec = { mode: 'auto', threads: 1, near: 0.88, ...spec };
  const thread = new SearchThread(whole, memoryLogger(logged));
  const matcher = new NearestMatcher(gallery, thread);
  open.push(thread);
  return { thread, matcher, logged };
}

afterEach(() => Promise.all(open.splice(0).map((thread) => thread.close())));
afterAll(removeTemporaryFolders);

describe('the search thread', () => {
  it('answers questions that are asked at once, each with its own', async () => {
    const gallery = galleryOf();
    const { matcher } = start(gallery);
    const faces = Array.from({ length: 40 }, (_, person) => lookAt(person));
    const answers = await Promise.all(faces.map((face) => matchOf(matcher, face, 1.1)));
    answers.forEach((answer, i) => {
      const [first] = gallery.ranking(faces[i]);
      expect(answer.nearest).toBe(first.name);
      expect(answer.distance).toBeCloseTo(first.distance, 9);
    });
  });

  it('never names who was erased before the question, and nobody by a name that they no longer have', async () => {
    const gallery = galleryOf();
    const { matcher } = start(gallery, { mode: 'approximate' });
    const pending: Promise<void>[] = [];
    const gone: string[] = [];
    for (let person = 0; person < PEOPLE - 2; person++) {
      const face = lookAt(person);
      const before = matchOf(matcher, face, 2);
      if (person % 2 === 0) gallery.remove(`person ${person}`);
      else gallery.rename(`person ${person}`, `renamed ${person}`);
      gone.push(`person ${person}`);
      const ask = async (goneBefore: readonly string[]) => {
        const [answer, earlier] = await Promise.all([matchOf(matcher, face, 2), before]);
        expect(answer.name).not.toBeNull();
        expect(goneBefore).not.toContain(answer.name);
        expect(goneBefore.slice(0, -1)).not.toContain(earlier.name);
      };
      pending.push(ask([...gone]));
    }
    await Promise.all(pending);
  });

  it('is followed by another when it dies, and no question is lost', async () => {
    const gallery = galleryOf();
    const { matcher, thread } = start(gallery);
    await matchOf(matcher, lookAt(1), 1.1);
    const asked = Promise.all(Array.from({ length: 20 }, () => matchOf(matcher, lookAt(3), 1.1)));
    await thread.renew();
    expect((await asked).map(({ nearest }) => nearest)).toEqual(Array.from({ length: 20 }, () => 'person 3'));
  });

  it('takes no questions when it is closed', async () => {
    const { matcher, thread } = start(galleryOf());
    const asked = expect(matchOf(matcher, lookAt(1), 1.1)).rejects.toMatchObject({ code: 'not_ready' });
    await thread.close();
    await asked;
  });

  it('leaves the main thread to others while it searches', async () => {
    const gallery = new MemoryGallery();
    gallery.add('Amy', ...Array.from({ length: 20_000 }, () => lookAt(1)));
    const { matcher } = start(gallery, { mode: 'plain' });
    await matchOf(matcher, lookAt(1), 1.1);
    const questions = Array.from({ length: 100 }, (_, i) => ({ embedding: lookAt(i % PEOPLE) }));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start0 = performance.now();
    await matcher.match(questions, 1.1);
    const took = performance.now() - start0;
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(took / 2);
  });
});

describe('the approximate search', () => {
  const SEVERAL = 8;

  function largeGallery(): MemoryGallery {
    const gallery = new MemoryGallery();
    for (let person = 0; person < PEOPLE; person++) {
      gallery.add(`person ${person}`, ...Array.from({ length: SEVERAL }, () => lookAt(person)));
    }
    return gallery;
  }

  it('answers while it is made, and afterwards, also with those who are enrolled meanwhile', async () => {
    const gallery = largeGallery();
    const { matcher, logged } = start(gallery, { mode: 'approximate' });
    for (let person = 0; person < PEOPLE; person++) {
      if (person === 50) await expect.poll(() => logged.length, { timeout: 20_000 }).toBe(1);
      const late = person % 10 === 0 ? lookAt(person) : null;
      if (late) gallery.add(`late ${person}`, late);
      const face = late ?? lookAt(person);
      const [first] = gallery.ranking(face);
      expect(await matchOf(matcher, face, 1.1)).toMatchObject({ nearest: first.name, distance: first.distance });
    }
    expect(JSON.parse(logged[0])).toMatchObject({ msg: 'the approximate search is ready', level: 'info' });
  });
});

describe('the search index that earlier versions saved', () => {
  it('is removed, with what a stop left of it, and nothing else', async () => {
    const stateDir = temporaryFolder();
    for (const name of ['search', 'search.0.tmp', 'searches']) {
      mkdirSync(join(stateDir, name));
      writeFileSync(join(stateDir, name, 'graph.usearch'), 'faces');
    }
    await discardSavedGraph(stateDir);
    expect(readdirSync(stateDir)).toEqual(['searches']);
    await discardSavedGraph(join(stateDir, 'missing'));
  });
});
