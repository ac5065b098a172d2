import { PHOTO_WARNINGS } from '../faces/image/image.js';
import { type FaceQuality, QUALITY_LIMITS } from '../faces/image/quality.js';
import { RostroError } from '../shared/errors.js';

export interface QualityPolicy {
  /** Minimum length of the shorter side of an enrolled face, pixels. */
  readonly minFacePx: number;
  /**
   * Action for smaller faces. `off` also disables all warnings. The default is `refuse`: a tiny example causes false
   * matches later, while a refusal is visible at once and solved by a better photo.
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
  'cut_off',
] as const;

/** Of an enrolled photo: those of its face, of the photo itself, and of what is enrolled already. */
export const ENROLMENT_WARNINGS = [...QUALITY_WARNINGS, ...PHOTO_WARNINGS, 'duplicate', 'similar_name'] as const;

export interface EnrolmentWarning {
  readonly code: (typeof ENROLMENT_WARNINGS)[number];
  readonly message: string;
}

export interface QualityWarning {
  readonly code: (typeof QUALITY_WARNINGS)[number];
  readonly message: string;
}

type QualityRule = readonly [QualityWarning['code'], message: string, isFault: (quality: FaceQuality) => boolean];

const LIMITS = QUALITY_LIMITS;

/** The limits are estimates, so they give warnings only. */
const QUALITY_RULES: readonly QualityRule[] = [
  ['blurred', 'The face is blurred.', ({ sharpness }) => sharpness < LIMITS.sharpness],
  ['too_dark', 'The face is very dark.', ({ brightness }) => brightness < LIMITS.minBrightness],
  ['too_bright', 'The face is overexposed.', ({ brightness }) => brightness > LIMITS.maxBrightness],
  ['low_contrast', 'The face has hardly any contrast.', ({ contrast }) => contrast < LIMITS.contrast],
  [
    'turned_away',
    'The face is turned away.',
    ({ pose }) => Math.abs(pose?.yaw ?? 0) > LIMITS.yaw || Math.abs(pose?.pitch ?? 0) > LIMITS.pitch,
  ],
  ['leaning', 'The head leans far to the side.', ({ pose }) => Math.abs(pose?.roll ?? 0) > LIMITS.roll],
];

/**
 * Checks the quality of a face to enrol.
 * @param cutOff whether the edge of the photo cuts the face
 * @throws RostroError `face_too_small` where the policy refuses it
 */
export function judgeQuality(
  quality: FaceQuality,
  { minFacePx, gate }: QualityPolicy,
  cutOff = false,
): QualityWarning[] {
  if (gate === 'off') return [];
  const warnings = QUALITY_RULES.filter(([, , isFault]) => isFault(quality)).map(([code, message]) => ({
    code,
    message,
  }));
  if (cutOff) warnings.push({ code: 'cut_off', message: 'The edge of the photo cuts the face.' });
  if (quality.facePx >= minFacePx) return warnings;
  const message = `The face is only ${quality.facePx} pixels across; an example needs at least ${minFacePx}.`;
  if (gate === 'refuse') throw new RostroError('face_too_small', message, { details: { minFacePx, quality } });
  return [{ code: 'face_too_small', message }, ...warnings];
}
