/**
 * @import { Quality } from '/client/index.js'
 * @import { Translate } from './i18n.js'
 */

/** A score below it has a part beyond its limit. Source: src/faces/image/quality.ts, `qualityScore`. */
const POOR = 0.5;

/**
 * The quality of an enrolled face in words: the score, and the part that keeps it from being higher.
 * @param {Quality | null | undefined} quality null for examples older than the measurement
 * @param {Translate} t
 * @returns {{ score: string, weakest: string | null, poor: boolean } | null} null where there is no score; `weakest` is null where every part is as good as it gets
 */
export function qualityWords(quality, t) {
  if (quality?.score === undefined) return null;
  const { score, parts = {} } = quality;
  const [weakest] = Object.entries(parts).sort(([, a], [, b]) => a - b);
  const percent = Math.round(100 * score);
  const poor = score < POOR;
  return {
    score: t(poor ? 'quality.poor' : 'quality.score', { percent }),
    weakest:
      weakest === undefined || percent === 100 ? null : t('quality.weakest', { part: t(`quality.part.${weakest[0]}`) }),
    poor,
  };
}
