import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAIRS, writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rostro } from '../../helpers/rostro.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

interface IdentificationJson {
  readonly det: readonly unknown[];
  readonly worst: Record<'strangers' | 'misses', readonly { readonly distance: number; readonly files: string[] }[]>;
}

let folder: string;

const OPEN_SET = [
  ['enrol', 'Ada', '1'],
  ['enrol', 'Bo', '1'],
  ['probe', 'Ada', '2', 'old'],
  ['probe', 'Bo', '2', 'young'],
  ['stranger', 'Cy', '1', 'old'],
  ['stranger', 'Cy', '2', 'old'],
]
  .map((fields) => `${fields.join('\t')}\n`)
  .join('');

const validate = (...args: string[]) => rostro(folder, 'validate', 'photos', ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-cli-validate-'));
  await writePeopleFolders(join(folder, 'photos'));
  await writeSky(join(folder, 'photos', 'Cy', 'Cy_0003.jpg'));
  await writeFile(join(folder, 'pairs.txt'), PAIRS);
  await writeFile(join(folder, 'openset.txt'), OPEN_SET);
  await writeFile(join(folder, 'gaps-openset.txt'), OPEN_SET.replace('Bo\t1', 'Bo\t9').replace('Cy\t2', 'Cy\t3'));
  await writeFile(join(folder, 'gaps.txt'), PAIRS.replace('Cy\t1\t2', 'Cy\t1\t3').replace('Cy\t2', 'Cy\t9'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('rostro validate', () => {
  it('prints the figures and every fold', async () => {
    const { code, out } = await validate('--pairs', 'pairs.txt');
    expect(code).toBe(0);
    expect(out).toMatch(/^networks +ssd \+ face-api\n/);
    expect(out).toMatch(/\npairs +4 genuine, 4 impostor, 2 folds\n/);
    expect(out).toMatch(/\naccuracy +1\.0000 ± 0\.0000\n/);
    expect(out).toMatch(/\naccuracy at 0\.6 +\d\.\d{4}, FAR \d\.\d{4}, FRR 0\.0000: the embedder's own threshold\n/);
    expect(out).toMatch(/\nVAL at FAR 0\.001 +1\.0000 ± 0\.0000, FAR measured 0\.0000\n/);
    expect(out).toMatch(/\nAUC +1\.00000\nEER +0\.0000\n/);
    expect(out).toContain('4 impostor pairs cannot show a false-accept rate of 0.001');
    expect(out).toMatch(/\nfold +pairs +threshold +accuracy +VAL +FAR\n1 +4 +0\.\d{3} +1\.0000 +1\.0000 +0\.0000\n2 /);
  });

  it('computes nothing twice, and tells everything as JSON', async () => {
    const cache = join(folder, '.cache', 'embeddings');
    const before = await Promise.all((await readdir(cache)).map(async (name) => (await stat(join(cache, name))).size));
    const { code, out } = await validate('--pairs', 'pairs.txt', '--json', '--far', '0.25');
    const after = await Promise.all((await readdir(cache)).map(async (name) => (await stat(join(cache, name))).size));
    expect([code, after]).toEqual([0, before]);
    const report = JSON.parse(out) as Record<string, unknown> & { roc: unknown[]; worst: { genuine: unknown[] } };
    expect(report).toMatchObject({
      detector: 'ssd',
      embedder: 'face-api',
      flip: null,
      pairsInFile: 8,
      genuine: 4,
      impostors: 4,
      missing: [],
      accuracy: { mean: 1, deviation: 0 },
      wantedFar: 0.25,
      auc: 1,
      eer: 0,
    });
    expect(report.roc).toHaveLength(1 + 7);
    expect(report.roc[0]).toEqual({ threshold: null, far: 0, frr: 1 });
    expect(report.worst.genuine).toHaveLength(4);
  });

  it('takes the mirrored faces and the mean into account', async () => {
    for (const flip of [['--flip'], ['--flip', 'average']]) {
      const { code, out } = await validate('--pairs', 'pairs.txt', ...flip, '--subtract-mean', '--json');
      expect(code).toBe(0);
      const expected = { flip: flip[1] ?? 'concat', subtractMean: true, atOwnThreshold: null, auc: 1 };
      expect(JSON.parse(out)).toMatchObject(expected);
    }
  });

  it('writes a report that needs no other file', async () => {
    const { code } = await validate('--pairs', 'pairs.txt', '--html', 'report.html');
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    expect(code).toBe(0);
    expect(html).toContain('<th>accuracy</th><td>1.0000 ± 0.0000</td>');
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).toMatch(/class="threshold" d="M[\d.]+ /);
    expect(html.match(/<li>/g)).toHaveLength(8);
    expect(html.match(/<img src="data:image\/jpeg;base64,[\w+/=]{1000,}" alt="\w+ \d">/g)).toHaveLength(16);
    expect(html.replaceAll(/data:image[^"]+/g, '')).not.toMatch(/https?:|src="(?!")|NaN|undefined/);
  });

  it('fails on pairs that cannot be formed, unless it is told to leave them out', async () => {
    const failed = await validate('--pairs', 'gaps.txt');
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toContain('rostro: 2 of 8 pairs cannot be formed');
    expect(failed.err).toContain('Cy 3: No face was found in the photo.');
    expect(failed.err).toContain('Cy 9: There is no such file.');
    expect(failed.err).toContain('(pairs_missing)');

    const { code, out } = await validate('--pairs', 'gaps.txt', '--allow-missing');
    expect(code).toBe(0);
    expect(out).toMatch(/\nleft out +2 pairs, for want of 2 photos\n/);
    expect(out).toMatch(/\nCy 3 +No face was found in the photo\. +1\n/);
  });

  it('measures crops of rostro align as they are', async () => {
    expect(await rostro(folder, 'align', 'photos', 'crops')).toMatchObject({ code: 0 });
    const { code, out } = await rostro(folder, 'validate', 'crops', '--pairs', 'pairs.txt', '--aligned', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ detector: 'none', auc: 1 });
  });

  it('identifies an open set of people', async () => {
    const { code, out } = await validate('--identify', 'openset.txt');
    expect(code).toBe(0);
    expect(out).toMatch(/^networks +ssd \+ face-api\nenrolled +2 people, 2 photos\n/);
    expect(out).toMatch(/\nsearches +2 for own people, 2 for strangers\nrank 1 +100 %\n/);
    expect(out).toMatch(/\nthreshold in force +0\.583, from the number of enrolled photos\n/);
    expect(out).toMatch(/\nFPIR 1 % +0\.\d{3} +0 % +0 +77\.6 % +0 % +0 +77\.6 %\n/);
    expect(out).toMatch(/\ngroup +own +strangers +rank 1 .*\nold +1 +2 +100 % .*\nyoung +1 +0 +100 % .* –\n/);
    expect(out).toContain(
      '2 strangers are too few to show an FPIR of 1 %: that takes 300. In truth it may be up to 77.6 %.',
    );
  });

  it('tells everything about it as JSON, with the mirrored faces averaged in', async () => {
    const plain = await validate('--identify', 'openset.txt', '--json', '--threshold', '0.01');
    const distances = [(JSON.parse(plain.out) as IdentificationJson).worst.misses[0].distance];
    expect(JSON.parse(plain.out)).toMatchObject({
      flip: null,
      thresholdSource: 'set',
      enrolledPeople: 2,
      enrolledPhotos: 2,
      probes: 2,
      strangers: 2,
      rankOne: 1,
      leftOut: 0,
      missing: [],
      inForce: { threshold: 0.01, fnir: 1, missed: 2, fpir: 0, named: 0 },
      atFpir: [
        { wantedFpir: 0.01, fnir: 0, strangersNeeded: 300 },
        { wantedFpir: 0.003, fnir: 0, strangersNeeded: 1000 },
      ],
      groups: [{ group: 'old' }, { group: 'young', inForce: { fpir: null } }],
    });
    for (const flip of ['enrol', 'average']) {
      const { code, out } = await validate('--identify', 'openset.txt', '--json', '--flip', flip);
      const report = JSON.parse(out) as IdentificationJson;
      expect(code).toBe(0);
      expect(report).toMatchObject({ flip, rankOne: 1 });
      expect(report.det).toHaveLength(1 + 4);
      expect(report.worst.strangers[0].files.every((file) => file.startsWith(folder))).toBe(true);
      distances.push(report.worst.misses[0].distance);
    }
    expect(new Set(distances).size).toBe(3);
  });

  it('takes an open set from folders', async () => {
    const photos = join(folder, 'photos');
    for (const [from, to] of [
      ['Ada/Ada_0001.jpg', 'enrol/Ada'],
      ['Ada/Ada_0002.jpg', 'probe/Ada'],
      ['Bo/Bo_0001.jpg', 'stranger'],
    ]) {
      await mkdir(join(folder, 'open', to), { recursive: true });
      await copyFile(join(photos, from), join(folder, 'open', to, 'photo.jpg'));
    }
    const { code, out } = await rostro(folder, 'validate', '--identify', 'open', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ probes: 1, strangers: 1, rankOne: 1, groups: [] });
  });

  it('draws the DET curve, and shows the worst searches as pictures', async () => {
    const { code } = await validate('--identify', 'openset.txt', '--html', 'open.html', '--threshold', '1.5');
    const html = await readFile(join(folder, 'open.html'), 'utf8');
    expect(code).toBe(0);
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).toMatch(/aria-label="DET[^"]+">[^]+<path class="curve" d="M[\d.]+ [\d.]+L/);
    expect(html.match(/<circle class="mark"/g)).toHaveLength(3);
    expect(html.match(/<b class="wrong">gets a name<\/b>/g)).toHaveLength(2);
    expect(html.match(/<img src="data:image\/jpeg;base64,[\w+/=]{1000,}" alt="\w+ \d">/g)).toHaveLength(8);
    expect(html.replaceAll(/data:image[^"]+/g, '')).not.toMatch(/https?:|src="(?!")|NaN|undefined/);
  });

  it('fails on photos of an open set that cannot be used, unless they are to be left out', async () => {
    const failed = await validate('--identify', 'gaps-openset.txt');
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toContain(
      'rostro: 2 of 6 photos cannot be used (Bo 9: There is no such file. Cy 3: No face was found in the photo.); --allow-missing measures the rest. (photos_missing)',
    );
    const { code, out } = await validate('--identify', 'gaps-openset.txt', '--allow-missing');
    expect(code).toBe(0);
    expect(out).toMatch(/\nleft out +2 searches, for want of 2 photos\n/);
    expect(out).toMatch(/\nBo 9 +enrol +There is no such file\.\nCy 3 +stranger +No face was found in the photo\.\n/);
  });

  it.each([
    [['--pairs', 'missing.txt'], 'Cannot read missing.txt: it does not exist. (no_file)'],
    [['--pairs', 'photos/Cy/Cy_0001.jpg'], 'Line 1 of the pairs file must hold the number of folds'],
    [['--pairs', 'pairs.txt', '--far', '2'], '--far=2 is not usable: give a share over 0 and up to 0.5, such as 0.01.'],
    [['--pairs', 'pairs.txt', '--flip', 'enrol'], '--flip enrol goes with --identify, not with --pairs.'],
    [[], 'Give one of --pairs, --identify and --liveness. (bad_config)'],
    [['--identify', 'missing.txt'], 'Cannot read missing.txt: it does not exist. (no_file)'],
    [['--identify', 'pairs.txt'], 'Line 1 of the open-set file must be "enrol", "probe" or "stranger"'],
    [['--identify', 'openset.txt', '--flip'], 'With --identify, --flip is average or enrol. (bad_config)'],
    [['--identify', 'openset.txt', '--pairs', 'pairs.txt'], "cannot be used with option '--pairs <file>'"],
    [['--identify', 'openset.txt', '--subtract-mean'], "cannot be used with option '--subtract-mean'"],
    [['--identify', 'photos'], '--identify with a folder takes no other folder. (bad_config)'],
    [['--pairs', 'pairs.txt', '--standardisation', 'none'], 'STANDARDISATION=none is not usable'],
  ])('%j says one sentence and exits with 1', async (args, sentence) => {
    const { code, out, err } = await validate(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
  });
});

describe.skipIf(!hasShared)('rostro validate --identify' + needsShared, () => {
  it('finds people of Labeled Faces in the Wild among strangers', async () => {
    const openSet = await readFile(sharedPath('lfw-dev', 'openset.txt'), 'utf8');
    const lines = ['enrol', 'probe', 'stranger'].flatMap((role) => linesOf(openSet, role).slice(0, 8));
    await writeFile(join(folder, 'lfw.txt'), lines.join('\n'));
    const photos = sharedPath('lfw-dev', 'images');
    const { code, out } = await rostro(folder, 'validate', photos, '--identify', 'lfw.txt', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ enrolledPeople: 8, probes: 8, strangers: 8, rankOne: 1, missing: [] });
  });
});

describe('rostro validate --liveness', () => {
  const liveness = (...args: string[]) => rostro(folder, 'validate', '--liveness', ...args);

  it.each([
    [['nowhere'], 'nowhere: it does not exist. (no_file)'],
    [['photos/Ada'], 'lies in no folder: people belong in "live", attacks in a folder for each kind. (no_file)'],
    [['photos', '--pairs', 'pairs.txt'], "cannot be used with option '--pairs <file>'"],
    [['photos', 'photos'], '--liveness takes no other folder. (bad_config)'],
    [['photos'], '"rostro models pull liveness" fetches them, and LIVENESS must not be off. (model_missing)'],
  ])('%j says one sentence and exits with 1', async (args, sentence) => {
    const { code, out, err } = await liveness(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(sentence);
  });

  describe.skipIf(!hasShared)('on photos' + needsShared, () => {
    let dir: string;

    beforeAll(async () => {
      dir = join(folder, 'presentations');
      await mkdir(join(folder, 'with-liveness', 'model'), { recursive: true });
      await symlink(sharedPath('models', 'liveness'), join(folder, 'with-liveness', 'model', 'liveness'));
      for (const [from, to] of [
        ['real', 'live'],
        ['print', 'print'],
      ]) {
        await mkdir(join(dir, to), { recursive: true });
        const names = await readdir(sharedPath('liveness-dev', from));
        for (const person of ['0001_', '0002_', '0003_']) {
          const name = names.filter((one) => one.startsWith(person)).sort()[0];
          await copyFile(sharedPath('liveness-dev', from, name), join(dir, to, name));
        }
      }
      await writeSky(join(dir, 'print', '0009_sky.jpg'));
      await writeFile(join(dir, 'live', '0009_empty.jpg'), '');
    });

    it('reports error rates, photos without a score and folds', async () => {
      const { code, out } = await liveness('presentations', '--data', 'with-liveness');
      expect(code).toBe(0);
      expect(out).toMatch(
        /\nphotos +4 of people, 4 of attacks\nthreshold in force +0\.5\nACER +0 %\nEER +0 %\n3 folds /,
      );
      expect(out).toMatch(/\nBPCER: people +4 +3 +0 +0 % .*\nAPCER: print +4 +3 +0 +0 % +63\.2 % +0 % +– +–\n/);
      expect(out).toMatch(/\n +no response +no_face +too_small +cut_off +too_dark +not_an_image *\n/);
      expect(out).toMatch(/\npeople +25 % +0 +0 +0 +0 +1\nprint +25 % +1 +0 +0 +0 +0\n/);
      expect(out).toMatch(/\n0001 +0\.\d{3} +0 % +0 % +0 %\n0002 /);
    });

    it('writes JSON, and a report that needs no other file', async () => {
      const { code, out } = await liveness('presentations', '--data', 'with-liveness', '--json', '--html', 'live.html');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        dir,
        threshold: 0.5,
        acer: 0,
        eer: 0,
        attacks: [{ kind: 'print', scored: 3, bpcerAtApcer: [{ bpcer: null }, { bpcer: null }] }],
        crossValidation: { folds: [{ people: ['0001'] }, { people: ['0002'] }, { people: ['0003'] }] },
      });
      const html = await readFile(join(folder, 'live.html'), 'utf8');
      expect(html).toContain('<th>ACER</th><td>0 %</td>');
      expect(html.match(/<svg /g)).toHaveLength(1);
      expect(html.match(/<img src="data:image\/jpeg;base64,[\w+/=]{1000,}" alt="(live|print)\/000\d_/g)).toHaveLength(
        6,
      );
      expect(html.replaceAll(/data:image[^"]+/g, '')).not.toMatch(/https?:|src="(?!")|NaN|undefined/);
    });
  });
});

const linesOf = (openSet: string, role: string) => openSet.split('\n').filter((line) => line.startsWith(`${role}\t`));
