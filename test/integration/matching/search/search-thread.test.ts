import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { discardGraph } from '../../../../src/matching/search/saved-graph.js';
import type { SearchThreadSpec } from '../../../../src/matching/search/search-messages.js';
import { SearchThread } from '../../../../src/matching/search/search-thread.js';
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
  const whole: SearchThreadSpec = { mode: 'auto', threads: 1, near: 0.88, folder: null, contract: 'test', ...spec };
  const thread = new SearchThread(whole, memoryLogger(logged));
  const matcher = new NearestMatcher(gallery, thread);
  thread.applyPending = () => matcher.sync();
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

describe('the saved search index', () => {
  const saved = async (folder: string) => {
    await expect.poll(() => existsSync(join(folder, 'graph.json')), { timeout: 20_000 }).toBe(true);
    return statSync(join(folder, 'graph.usearch')).mtimeMs;
  };
  const temporary = () => join(temporaryFolder(), '.state', 'search');
  const approximate = (folder: string) => ({ mode: 'approximate', folder }) as const;

  async function save(gallery: MemoryGallery, folder: string): Promise<number> {
    const { matcher, thread } = start(gallery, approximate(folder));
    matcher.sync();
    const at = await saved(folder);
    await thread.close();
    return at;
  }

  /** Looks for every person, and whether the file stayed as it was. */
  async function reopen(gallery: MemoryGallery, folder: string, spec: Partial<SearchThreadSpec> = {}) {
    const { matcher, thread, logged } = start(gallery, { ...approximate(folder), ...spec });
    for (const { name } of gallery.people().slice(0, 50)) {
      const face = lookAt(Number(name.split(' ')[1]));
      expect((await matchOf(matcher, face, 1.1)).nearest).toBe(gallery.ranking(face)[0].name);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    await thread.close();
    return logged.map((line) => (JSON.parse(line) as { msg: string; reason?: string }).reason);
  }

  it('is taken up at the next start, and not written again', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    const at = await save(gallery, folder);
    expect(await reopen(gallery, folder)).toEqual([]);
    expect(statSync(join(folder, 'graph.usearch')).mtimeMs).toBe(at);
    expect(readdirSync(dirname(folder))).toEqual(['search']);
    if (process.platform !== 'win32') expect(statSync(join(folder, 'graph.usearch')).mode & 0o077).toBe(0);
  });

  it('is taken up with the space that it was made in, after other people were enrolled', async () => {
    const folder = temporary();
    const gallery = new MemoryGallery();
    const looks = (person: number) => Array.from({ length: 8 }, () => lookAt(person));
    for (let person = 0; person < PEOPLE - 5; person++) gallery.add(`person ${person}`, ...looks(person));
    const at = await save(gallery, folder);
    const { space } = JSON.parse(readFileSync(join(folder, 'graph.json'), 'utf8')) as { space: string | null };
    expect(Buffer.from(space!, 'base64').length % (4 * DIMENSION)).toBe(0);
    gallery.add(`person ${PEOPLE - 1}`, ...looks(PEOPLE - 1));
    expect(await reopen(gallery, folder)).toEqual([]);
    expect(statSync(join(folder, 'graph.usearch')).mtimeMs).toBe(at);
  });

  it('is made anew where it was made without a space and the gallery has one now', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    await save(gallery, folder);
    for (let person = 0; person < PEOPLE; person++)
      gallery.add(`person ${person}`, ...Array.from({ length: 6 }, () => lookAt(person)));
    expect(await reopen(gallery, folder)).toEqual(['it was made in another way']);
  });

  it('is added to where somebody was enrolled since', async () => {
    const [gallery, folder] = [galleryOf(PEOPLE - 5), temporary()];
    const at = await save(gallery, folder);
    gallery.add(`person ${PEOPLE - 1}`, lookAt(PEOPLE - 1));
    expect(await reopen(gallery, folder)).toEqual([]);
    expect(statSync(join(folder, 'graph.usearch')).mtimeMs).toBe(at);
  });

  it('is discarded where somebody is in it who was erased since', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    await save(gallery, folder);
    gallery.remove('person 3');
    await reopen(gallery, folder);
    expect(existsSync(folder)).toBe(false);
  });

  it.each<[string, (folder: string) => void, string]>([
    ['torn', (folder) => truncateSync(join(folder, 'graph.usearch'), 5000), 'its file is damaged'],
    ['foreign', (folder) => writeFileSync(join(folder, 'graph.usearch'), 'hello'), 'its file is damaged'],
    [
      'without its description',
      (folder) => writeFileSync(join(folder, 'graph.json'), '{'),
      'its description is damaged or of another version',
    ],
    [
      'of another embedder',
      (folder) => {
        const file = join(folder, 'graph.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"test"', '"other"'));
      },
      'it is of another embedder',
    ],
  ])('is made anew where it is %s', async (_, spoil, reason) => {
    const [gallery, folder] = [galleryOf(), temporary()];
    await save(gallery, folder);
    spoil(folder);
    expect(await reopen(gallery, folder)).toEqual([reason]);
    await saved(folder);
    expect(await reopen(gallery, folder)).toEqual([]);
  });

  it('is not kept where somebody was erased while it was written', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    const { matcher, thread } = start(gallery, approximate(folder));
    const { applyPending } = thread;
    thread.applyPending = () => {
      if (gallery.people().length === PEOPLE) gallery.remove('person 3');
      applyPending();
    };
    matcher.sync();
    await expect.poll(() => gallery.people().length, { timeout: 20_000 }).toBe(PEOPLE - 1);
    await expect.poll(() => readdirSync(dirname(folder))).toEqual([]);
  });

  it('goes when an example of somebody goes, however that happens', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    const { matcher } = start(gallery, approximate(folder));
    matcher.sync();
    await saved(folder);
    gallery.removeExample('person 3', 1);
    matcher.sync();
    await expect.poll(() => readdirSync(dirname(folder))).toEqual([]);
  });

  it('goes when it is discarded, with what a stop left of it', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    await save(gallery, folder);
    writeFileSync(`${folder}.0.tmp`, '');
    await discardGraph(folder);
    expect(readdirSync(dirname(folder))).toEqual([]);
  });

  it('is not there for a small gallery', async () => {
    const [gallery, folder] = [galleryOf(), temporary()];
    await save(gallery, folder);
    await reopen(gallery, folder, { mode: 'auto' });
    expect(existsSync(folder)).toBe(false);
  });
});
