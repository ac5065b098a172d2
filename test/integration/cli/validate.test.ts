import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAIRS, writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rostro } from '../../helpers/rostro.js';

let folder: string;

const validate = (...args: string[]) => rostro(folder, 'validate', 'photos', ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-cli-validate-'));
  await writePeopleFolders(join(folder, 'photos'));
  await writeSky(join(folder, 'photos', 'Cy', 'Cy_0003.jpg'));
  await writeFile(join(folder, 'pairs.txt'), PAIRS);
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

  it.each([
    [['--pairs', 'missing.txt'], 'Cannot read missing.txt: it does not exist. (no_file)'],
    [['--pairs', 'photos/Cy/Cy_0001.jpg'], 'Line 1 of the pairs file must hold the number of folds'],
    [['--pairs', 'pairs.txt', '--far', '2'], '--far=2 is not usable: give a share over 0 and up to 0.5, such as 0.01.'],
    [['--pairs', 'pairs.txt', '--standardisation', 'none'], 'STANDARDISATION=none is not usable'],
  ])('%j says one sentence and exits with 1', async (args, sentence) => {
    const { code, out, err } = await validate(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
  });
});
