import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, rostroWith } from '../../helpers/rostro.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const KNOWN = 5;
const ENROLLED = 3;

describe.skipIf(!hasShared)(`train, classify and calibrate${needsShared}`, () => {
  let folder: string;
  let people: string[];
  let photos: Map<string, string[]>;

  const settings = () => ({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: folder });
  const rostro = (...args: string[]) => rostroWith(settings(), folder, ...args);
  const namedLines = jsonLines<{ faces: { name: string | null; probability?: number }[]; model: object }>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-train-'));
    const all = (await readdir(sharedPath('images', 'people'))).sort();
    people = all.slice(0, KNOWN);
    photos = new Map();
    for (const person of all) {
      const files = (await readdir(sharedPath('images', 'people', person))).sort();
      photos.set(
        person,
        files.map((file) => sharedPath('images', 'people', person, file)),
      );
      const known = people.includes(person);
      const into = join(folder, known ? 'known' : 'strangers', person);
      await mkdir(into, { recursive: true });
      for (const file of known ? files.slice(0, ENROLLED) : files) {
        await symlink(sharedPath('images', 'people', person, file), join(into, file));
      }
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const testPhotos = () => people.map((person) => photos.get(person)![ENROLLED]);

  it('has nothing to train on or to classify with in an empty gallery, and says so', async () => {
    const trained = await rostro('train');
    expect(trained.code).toBe(1);
    expect(trained.err).toContain(
      'rostro: Nothing was trained: a classifier needs at least two people, and there are none. (too_few_examples)',
    );
    const classified = await rostro('classify', testPhotos()[0]);
    expect(classified.code).toBe(1);
    expect(classified.err).toContain('holds no classifier; "rostro train" makes one. (classifier_missing)');
    const calibrated = await rostro('calibrate');
    expect(calibrated.code).toBe(1);
    expect(calibrated.out).toContain('There is nothing to tell a threshold from');
    expect(await rostro('train', '--far', '2')).toMatchObject({ code: 1, err: /--far=2 is not usable/ });
    expect(await rostro('train', join(folder, 'nowhere'))).toMatchObject({ code: 1, err: /no_file/ });
  });

  it('trains on a folder with strangers from another, and classifies with the file', async () => {
    const trained = await rostro('train', 'known', '--strangers', 'strangers', '--out', 'model.json', '--json');
    expect(trained.code).toBe(0);
    const { decision, report } = JSON.parse(trained.out) as Record<'decision' | 'report', Record<string, unknown>>;
    expect(report).toMatchObject({ people: KNOWN, examples: KNOWN * ENROLLED, strangersFrom: 'given', single: 0 });
    expect(decision).toMatchObject({ far: 0.01, strangers: 15, strangersNamed: 0 });
    const classified = await rostro('classify', ...testPhotos(), '--model', 'model.json', '--json');
    expect(classified.code).toBe(0);
    const replies = namedLines(classified.out);
    expect(replies.map(({ faces }) => faces[0].name)).toEqual(people);
    expect(replies[0].model).toMatchObject({ matcher: 'svm' });
    const table = await rostro('classify', testPhotos()[0], '--model', 'model.json');
    expect(table.out).toMatch(new RegExp(`${people[0]} +[\\d.]+ % +${people[0]}`));
  });

  it('does not use a classifier of another embedder, or a file that is none', async () => {
    const model = await readFile(join(folder, 'model.json'), 'utf8');
    const { contract } = JSON.parse(model) as { contract: string };
    await writeFile(join(folder, 'other.json'), model.replace(contract, 'another'));
    const other = await rostro('classify', testPhotos()[0], '--model', 'other.json');
    expect(other.code).toBe(1);
    expect(other.err).toContain('was trained on embeddings of another embedder');
    const none = await rostro('classify', testPhotos()[0], '--model', testPhotos()[0]);
    expect(none.err).toContain('holds no classifier');
  });

  it('trains on the gallery, remembers the strangers, and says how good it is', async () => {
    for (const person of people) await rostro('enrol', ...photos.get(person)!.slice(0, ENROLLED), '--name', person);
    const trained = await rostro('train', '--classifier', 'knn');
    expect(trained.code).toBe(0);
    expect(trained.out).toMatch(/classifier +knn, k [13] by cross-validation/);
    expect(trained.out).toMatch(/trained on +15 examples of 5 people/);
    expect(trained.out).toMatch(/strangers +0 of 15 photos given get a name; at most 18.1 % would \(95 % sure\)/);
    expect(trained.out).toContain('15 strangers are too few to tell a rate of 1 %: that takes 300.');
    const classified = await rostro('classify', ...testPhotos(), '--json');
    const named = namedLines(classified.out).map(({ faces }) => faces[0].name);
    expect(named.filter((name, i) => name !== null && name !== people[i])).toEqual([]);
    expect(named.filter((name) => name !== null).length).toBeGreaterThanOrEqual(KNOWN - 1);
  });

  it('calibrates the threshold and applies it', async () => {
    const shown = await rostro('calibrate', '--far', '0.1', '--json');
    const report = JSON.parse(shown.out) as Record<string, unknown> & {
      recommended: { threshold: number; far: number };
    };
    expect(report).toMatchObject({
      strangersFrom: 'given',
      impostorSearches: 15,
      impostorPeople: 3,
      searchedPeople: KNOWN,
      warnings: ['few_searches', 'few_people', 'few_genuine'],
      current: { threshold: expect.any(Number) as number, source: 'auto' },
    });
    expect(report.recommended.far).toBeCloseTo(1 / 15, 6);
    const applied = await rostro('calibrate', '--far', '0.1', '--apply');
    expect(applied).toMatchObject({ code: 0 });
    const { threshold } = report.recommended;
    expect(applied.err).toContain(
      `The threshold is ${threshold} from now on, also for a server that runs, unless THRESHOLD says otherwise.`,
    );
    const again = JSON.parse((await rostro('calibrate', '--json')).out) as { current: object };
    expect(again.current).toMatchObject({ threshold, source: 'calibrated' });
    const set = JSON.parse((await rostro('calibrate', '--json', '--threshold', '0.5')).out) as { current: object };
    expect(set.current).toMatchObject({ threshold: 0.5, source: 'set' });
  });
});
