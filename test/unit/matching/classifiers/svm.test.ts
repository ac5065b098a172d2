import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplesOf } from '../../../../src/matching/classifiers/samples.js';
import { svmClassifier, trainSvm } from '../../../../src/matching/classifiers/svm/svm.js';
import { loadLibsvm, parseMachine } from '../../../../src/matching/classifiers/svm/libsvm.js';
import { samplesFrom } from '../../../helpers/samples-of.js';

interface Figures {
  readonly rho: readonly number[];
  readonly vectors: readonly number[];
  /** Of each probe, by each class. */
  readonly decisions: readonly (readonly number[])[];
}

interface Fixture {
  readonly spread: number;
  readonly cost: number;
  readonly samples: readonly (readonly number[])[];
  readonly person: readonly number[];
  readonly probes: readonly (readonly number[])[];
  readonly linear: Figures;
  readonly rbf: Figures;
}

/** Figures of libsvm 3.24's own svm-train and svm-predict; how they were made is told in the file. */
const fixture = JSON.parse(readFileSync(new URL('../../../fixtures/libsvm.json', import.meta.url), 'utf8')) as Fixture;
const names = ['a', 'b', 'c', 'd'];
const samples = samplesFrom(
  Object.fromEntries(names.map((name, k) => [name, fixture.samples.filter((_, i) => fixture.person[i] === k)])),
);
const nobody = { ...samplesOf([]), dimension: samples.dimension };
const libsvm = await loadLibsvm();

/** libsvm stops at a violation of 1e-3; its kernel of rounded rows and ours differ in the last digits only. */
const DIGITS = 3;

describe.each(['linear', 'rbf'] as const)("the %s machines against libsvm's own", (kernel) => {
  const state = trainSvm(libsvm, samples, nobody, { kernel, cost: fixture.cost });
  const figures = fixture[kernel];

  it('have the same spread, offsets and number of support vectors', () => {
    expect(state.kernel.spread).toBeCloseTo(fixture.spread, 5);
    state.machines.forEach((machine, k) => {
      expect(machine!.rho).toBeCloseTo(figures.rho[k], DIGITS);
      expect(machine!.rows).toHaveLength(figures.vectors[k]);
    });
  });

  it('decide the same', () => {
    const classifier = svmClassifier(state, samples, nobody);
    fixture.probes.forEach((probe, i) => {
      const decisions = figures.decisions[i];
      const order = decisions.map((_, k) => k).sort((a, b) => decisions[b] - decisions[a]);
      const ranking = classifier.rank(Float32Array.from(probe))!;
      expect([ranking.best, ranking.runnerUp]).toEqual(order.slice(0, 2));
      expect(ranking.score).toBeCloseTo(decisions[order[0]], DIGITS);
    });
  });
});

describe('trainSvm', () => {
  it('learns from strangers: what looks like them is on the wrong side of everybody', () => {
    const people = samplesFrom({
      a: [
        [0, 0],
        [0.2, 0],
        [0, 0.2],
      ],
      b: [
        [6, 0],
        [6.2, 0],
        [6, 0.2],
      ],
    });
    const strangers = samplesFrom({ x: [[0, 2]], y: [[0.3, 2.2]], z: [[-0.3, 2.1]] });
    const probe = Float32Array.of(0, 2.1);
    const scoreWith = (others: typeof strangers) => {
      const state = trainSvm(libsvm, people, others, { kernel: 'rbf', cost: 10 });
      return svmClassifier(state, people, others).rank(probe)!.score;
    };
    expect(scoreWith({ ...nobody, dimension: 2 })).toBeGreaterThan(0);
    expect(scoreWith(strangers)).toBeLessThan(0);
  });

  it('has no machine for a person without samples, and names them never', () => {
    const left = { ...samples, names: [...names, 'gone'] };
    const state = trainSvm(libsvm, left, nobody, { kernel: 'linear', cost: 1 });
    expect(state.machines[4]).toBeNull();
    const bests = fixture.probes.map(
      (probe) => svmClassifier(state, left, nobody).rank(Float32Array.from(probe))!.best,
    );
    expect(bests).not.toContain(4);
  });

  it('leaves no listener behind that would end the process', () => {
    expect(process.listeners('unhandledRejection').map(String).join()).not.toContain('exit');
  });
});

describe('parseMachine', () => {
  const text = (label: string) =>
    `svm_type c_svc\nkernel_type precomputed\nnr_class 2\ntotal_sv 2\nrho 0.25\nlabel ${label}\nnr_sv 1 1\nSV\n1.5 0:2 \n-1.5 0:1 \n`;

  it('reads rows, coefficients and rho, whichever label libsvm met first', () => {
    expect(parseMachine(text('1 -1'))).toEqual({
      rows: Int32Array.of(0, 1),
      coefficients: Float64Array.of(-1.5, 1.5),
      rho: 0.25,
    });
    expect(parseMachine(text('-1 1'))).toEqual({
      rows: Int32Array.of(0, 1),
      coefficients: Float64Array.of(1.5, -1.5),
      rho: -0.25,
    });
  });

  it.each(['', 'svm_type c_svc\nlabel 1 -1\n', 'label 1\nrho 0\nSV\n1 0:1\n'])('refuses %j', (bad) => {
    expect(() => parseMachine(bad)).toThrow('libsvm returned no model of two classes');
  });
});
