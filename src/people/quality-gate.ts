import { RostroError } from '../shared/errors.js';
import type { FaceQuality } from '../faces/image/quality.js';

export interface QualityPolicy {
  /** Shorter side of the smallest face that is enrolled, pixels. */
  readonly minFacePx: number;
  /**
   * What happens to a smaller one. `off` passes no remarks at all. The default is to refuse: a tiny example draws
   * strangers to its person from then on, silently, while a refusal is seen at once and mended by a better photo.
   */
  readonly gate: 'refuse' | 'warn' | 'off';
}

export const QUALITY_WARNINGS = [
  'face_too_small',
  'blurred',
  'too_dark',
  'too_bright',
  'low_contrast',
  'turned_away',
  'leaning',
] as const;

export interface QualityWarning {
  readonly code: (typeof QUALITY_WARNINGS)[number];
  readonly message: string;
}

type Fault = readonly [QualityWarning['code'], message: string, isFault: (quality: FaceQuality) => boolean];

/**
 * Where a spoilt example begins to cost right names (BENCHMARKS.md, "What a bad example does"); of 440 ordinary photos of
 * LFW two or three in a hundred show a head turned or leaning too far, none has another fault. They are estimates, so they never refuse a photo.
 */
const FAULTS: readonly Fault[] = [
  ['blurred', 'The face is blurred.', ({ sharpness }) => sharpness < 10],
  ['too_dark', 'The face is very dark.', ({ brightness }) => brightness < 0.12],
  ['too_bright', 'The face is overexposed.', ({ brightness }) => brightness > 0.85],
  ['low_contrast', 'The face has hardly any contrast.', ({ contrast }) => contrast < 0.035],
  [
    'turned_away',
    'The face is turned away.',
    ({ pose }) => Math.abs(pose?.yaw ?? 0) > 45 || Math.abs(pose?.pitch ?? 0) > 40,
  ],
  ['leaning', 'The head leans far to the side.', ({ pose }) => Math.abs(pose?.roll ?? 0) > 20],
];

/**
 * What is wrong with a face as an example of a person.
 * @throws RostroError `face_too_small` where the policy refuses it
 */
export function judgeQuality(quality: FaceQuality, { minFacePx, gate }: QualityPolicy): QualityWarning[] {
  if (gate === 'off') return [];
  const warnings = FAULTS.filter(([, , isFault]) => isFault(quality)).map(([code, message]) => ({ code, message }));
  if (quality.facePx >= minFacePx) return warnings;
  const message = `The face is only ${quality.facePx} pixels across; an example needs at least ${minFacePx}.`;
  if (gate === 'refuse') throw new RostroError('face_too_small', message, { details: { minFacePx, quality } });
  return [{ code: 'face_too_small', message }, ...warnings];
}
