import { currentLocale } from './i18n.js';

/** @import { Translate } from './i18n.js' */

/** The least that is said in numbers. */
const RAREST = 1e-6;
/** Above this, a percentage is easier to read than "1 in n". */
const COMMON = 0.1;

/** A share of strangers in words: `1 in 4,000 strangers`, `38% of strangers`. @param {number} share @param {Translate} t */
export function strangersText(share, t) {
  if (share > COMMON) {
    const percent = share.toLocaleString(currentLocale(), { style: 'percent', maximumSignificantDigits: 2 });
    return t('strangers.share', { share: percent });
  }
  if (share < RAREST) return t('strangers.rarest', { number: 1 / RAREST });
  return t('strangers.oneIn', { number: Number((1 / share).toPrecision(2)) });
}
