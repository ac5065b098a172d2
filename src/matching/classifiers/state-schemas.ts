import { z } from 'zod';
import { CLASSIFIER_KINDS } from './classifier.js';
import { float32 } from './state-file.js';

const int32 = z.codec(
  z.array(z.int().min(0)),
  z.custom<Int32Array>((value) => value instanceof Int32Array),
  {
    decode: (values) => Int32Array.from(values),
    encode: (values) => [...values],
  },
);
const float64 = z.codec(
  z.array(z.number()),
  z.custom<Float64Array>((value) => value instanceof Float64Array),
  {
    decode: (values) => Float64Array.from(values),
    encode: (values) => [...values],
  },
);
const share = z.number().min(0).max(1);

/** `match/samples.ts` */
export const samplesSchema = z
  .strictObject({ names: z.array(z.string()).readonly(), person: int32, matrix: float32, dimension: z.int().min(0) })
  .refine(({ names, person, matrix, dimension }) => {
    return matrix.length === person.length * dimension && person.every((index) => index < names.length);
  });

const machine = z
  .strictObject({ rows: int32, coefficients: float64, rho: z.number() })
  .refine(({ rows, coefficients }) => rows.length === coefficients.length);
const kernel = z.strictObject({ kind: z.enum(['linear', 'rbf']), spread: z.number().gt(0) });

/** `match/training/train.ts` */
export const classifierStateSchema = z.union([
  z.strictObject({ kind: z.enum(['nearest', 'centroid']) }),
  z.strictObject({ kind: z.literal('knn'), k: z.int().min(1) }),
  z.strictObject({
    kind: z.literal('svm'),
    svm: z.strictObject({ kernel, machines: z.array(machine.nullable()).readonly() }),
  }),
]);

/** `match/training/decision.ts` */
export const decisionSchema = z.strictObject({
  cutOff: z.number(),
  sigmoid: z.strictObject({ slope: z.number(), offset: z.number() }),
  far: share,
  strangers: z.int(),
  strangersNamed: z.int(),
  farAtMost: share,
});

/** What the classifier was asked to be. */
export const matcherOptionsSchema = z.strictObject({
  kind: z.enum(CLASSIFIER_KINDS),
  kernel: z.enum(['linear', 'rbf']),
  far: share,
});
