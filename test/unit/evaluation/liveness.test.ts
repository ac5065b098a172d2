import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  crossValidateLiveness,
  leastAcerThreshold,
  livenessRates,
  validateLiveness,
} from '../../../src/evaluation/liveness.js';
import { type JudgedPresentation, listPresentations } from '../../../src/evaluation/presentations.js';

const box = { x: 1, y: 2, width: 3, height: 4 };

const scores = (kind: string | null, ...values: number[]) => values.map((score) => ({ kind, score }));

const judged = (kind: string | null, ...values: number[]) =>
  values.map((score, i): JudgedPresentation => {
    const verdict = score >= 0.5 ? 'live' : 'spoof';
    const live = { score, verdict, why: verdict === 'live' ? null : 'below_threshold' } as const;
    return { path: `${kind ?? 'live'}/${i}.jpg`, kind, person: String(i), judgement: { box, live } };
  });

const withoutScore = (kind: string | null, why: 'too_small' | 'no_face'): JudgedPresentation => ({
  path: `${kind ?? 'live'}/${why}.jpg`,
  kind,
  person: why,
  judgement: why === 'no_face' ? { failure: why } : { box, live: { score: null, verdict: 'unsure', why } },
});

describe('livenessRates', () => {
  const all = [
    ...scores(null, 0.9, 0.8, 0.5, 0.4),
    ...scores('print', 0.1, 0.2, 0.6, 0.3),
    ...scores('screen', 0.7, 0.5),
  ];

  it('takes the kind of attack that passes most, not the mean of the kinds', () => {
    // At 0.5: of 4 people one is refused; of 4 prints one passes, of 2 screens both (0.5 itself passes).
    const { apcer, bpcer, acer } = livenessRates(all, 0.5);
    expect([Object.fromEntries(apcer), bpcer, acer]).toEqual([{ print: 0.25, screen: 1 }, 0.25, (1 + 0.25) / 2]);
  });

  it('has no rate of what was not shown', () => {
    const { apcer, bpcer, acer } = livenessRates(scores(null, 0.9, 0.2), 0.5);
    expect([apcer.size, bpcer, acer]).toEqual([0, 0.5, NaN]);
    expect(livenessRates(scores('print', 0.9), 0.5)).toMatchObject({ bpcer: NaN, acer: NaN });
  });
});

describe('leastAcerThreshold', () => {
  it('is half-way between people and attacks that do not overlap', () => {
    expect(leastAcerThreshold([...scores(null, 0.9, 0.75), ...scores('print', 0.25, 0.1)])).toBe(0.5);
  });

  it('finds the same as every threshold tried in turn', () => {
    const all = [
      ...scores(null, 0.95, 0.9, 0.6, 0.55, 0.4, 0.9),
      ...scores('print', 0.1, 0.2, 0.6, 0.45),
      ...scores('screen', 0.5, 0.58, 0.05),
    ];
    const least = Math.min(...Array.from({ length: 1001 }, (_, i) => livenessRates(all, i / 1000).acer));
    // Up to 0.6: one of 4 prints passes, 2 of 6 people are refused; above: none, 3 of 6.
    expect(least).toBeCloseTo((0 + 3 / 6) / 2, 12);
    expect(livenessRates(all, leastAcerThreshold(all)).acer).toBeCloseTo(least, 12);
  });
});

describe('validateLiveness', () => {
  const presentations = [
    ...judged(null, 0.9, 0.8, 0.7, 0.45),
    withoutScore(null, 'no_face'),
    ...judged('print', 0.1, 0.2, 0.3, 0.6),
    withoutScore('print', 'too_small'),
    withoutScore('print', 'too_small'),
    ...judged('screen', 0.05, 0.15),
  ];
  const validation = validateLiveness(presentations, 0.5);

  it('reports faces without a score apart from the errors', () => {
    expect(validation.live).toMatchObject({
      photos: 5,
      scored: 4,
      errors: 1,
      errorRate: 0.25,
      unscored: { no_face: 1 },
    });
    expect(validation.live.nonResponseRate).toBeCloseTo(1 / 5, 12);
    expect(validation.attacks).toMatchObject([
      { kind: 'print', photos: 6, scored: 4, errors: 1, errorRate: 0.25, unscored: { too_small: 2 } },
      { kind: 'screen', photos: 2, scored: 2, errors: 0, errorRate: 0, nonResponseRate: 0, unscored: {} },
    ]);
    expect(validation.acer).toBe(0.25);
    // Clopper-Pearson without an event: 1 - 0.05^(1/n).
    expect(validation.attacks[1].errorRateAtMost).toBeCloseTo(1 - 0.05 ** (1 / 2), 9);
  });

  it('computes EER and DET for each kind', () => {
    // Between 0.45 and 0.6 one of 4 prints passes and one of 4 people is refused; all screens are below all people.
    expect(validation.attacks.map((attack) => attack.eer)).toEqual([0.25, 0]);
    expect(validation.eer).toBe(0.25);
    const det = validation.attacks[0].det.map(({ apcer, bpcer }) => [apcer, bpcer]);
    expect(det).toEqual([
      ...[
        [0, 1],
        [0, 0.75],
        [0, 0.5],
        [0, 0.25],
        [0.25, 0.25],
      ],
      ...[
        [0.25, 0],
        [0.5, 0],
        [0.75, 0],
        [1, 0],
      ],
    ]);
    expect(validation.attacks[0].det[4].threshold).toBeCloseTo(0.6, 12);
  });

  it('tells BPCER at an APCER only from enough attacks', () => {
    expect(validation.attacks[0].bpcerAtApcer).toEqual([
      { apcer: 0.01, bpcer: null },
      { apcer: 0.05, bpcer: null },
    ]);
    // Of 20 attacks one may pass at 5 %: the threshold is above 0.65, where one of 4 people is refused.
    const twenty = [0.65, 0.85, ...Array.from({ length: 18 }, (_, i) => i / 100)];
    const [print] = validateLiveness(
      [...judged(null, 0.9, 0.8, 0.7, 0.45), ...judged('print', ...twenty)],
      0.5,
    ).attacks;
    expect(print.bpcerAtApcer).toEqual([
      { apcer: 0.01, bpcer: null },
      { apcer: 0.05, bpcer: 0.25 },
    ]);
  });

  it('lists the worst of each side, worst first', () => {
    const short = (list: typeof validation.worst.live) => list.map(({ path, score, wrong }) => [path, score, wrong]);
    expect(short(validation.worst.live).slice(0, 2)).toEqual([
      ['live/3.jpg', 0.45, true],
      ['live/2.jpg', 0.7, false],
    ]);
    expect(short(validation.worst.attacks).slice(0, 2)).toEqual([
      ['print/3.jpg', 0.6, true],
      ['print/2.jpg', 0.3, false],
    ]);
  });

  it('measures people alone', () => {
    const { live, attacks, acer, eer, crossValidation } = validateLiveness(judged(null, 0.9, 0.2), 0.5);
    expect([live.errorRate, attacks, acer, eer, crossValidation]).toEqual([0.5, [], NaN, NaN, null]);
  });
});

describe('crossValidateLiveness', () => {
  const of = (person: string, live: number, print: number) => [
    { kind: null, person, score: live },
    { kind: 'print', person, score: print },
  ];

  it('tests each fold at the threshold of the others, and keeps a person in one fold', () => {
    const scored = [...of('a', 0.9, 0.1), ...of('b', 0.8, 0.2), ...of('a', 0.7, 0.3), ...of('c', 0.35, 0.32)];
    const crossed = crossValidateLiveness(scored)!;
    // Without a: between 0.32 and 0.35. Without b: the same. Without c: between 0.3 and 0.7.
    expect(crossed.folds.map(({ people }) => people)).toEqual([['a'], ['b'], ['c']]);
    [0.335, 0.335, 0.5].forEach((threshold, i) => {
      expect(crossed.folds[i].threshold).toBeCloseTo(threshold, 12);
    });
    expect(crossed.folds.map(({ apcer, bpcer, acer }) => [apcer, bpcer, acer])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 1, 0.5],
    ]);
    expect(crossed.acer.mean).toBeCloseTo(1 / 6, 12);
  });

  it('makes five folds of more people', () => {
    const scored = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((person) => of(person, 0.9, 0.1));
    expect(crossValidateLiveness(scored)!.folds.map(({ people }) => people)).toEqual([
      ['a', 'f'],
      ['b'],
      ['c'],
      ['d'],
      ['e'],
    ]);
  });

  it('needs two people', () => {
    expect(crossValidateLiveness(of('a', 0.9, 0.1))).toBeNull();
  });
});

describe('listPresentations', () => {
  let dir = '';
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function folderWith(...paths: string[]): Promise<string> {
    dir = await mkdtemp(join(tmpdir(), 'rostro-liveness-'));
    for (const path of paths) {
      await mkdir(join(dir, path, '..'), { recursive: true });
      await writeFile(join(dir, path), '');
    }
    return dir;
  }

  it('tells people and kinds of attack by the outermost folder', async () => {
    const paths = [
      'Live/0001_a.jpg',
      'real/2020/Ada_2.png',
      'print/live/0001_b.jpg',
      'screen/Bo.jpg',
      'screen/notes.txt',
    ];
    expect(await listPresentations(await folderWith(...paths))).toEqual([
      { path: 'Live/0001_a.jpg', kind: null, person: '0001' },
      { path: 'print/live/0001_b.jpg', kind: 'print', person: '0001' },
      { path: 'real/2020/Ada_2.png', kind: null, person: 'Ada' },
      { path: 'screen/Bo.jpg', kind: 'screen', person: 'Bo' },
    ]);
  });

  it('does not leave out a photo in no folder', async () => {
    const folder = await folderWith('live/a.jpg', 'b.jpg');
    await expect(listPresentations(folder)).rejects.toMatchObject({
      code: 'no_file',
      message: /b\.jpg lies in no folder/,
    });
  });
});
