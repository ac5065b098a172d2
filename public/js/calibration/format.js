import { currentLocale } from '../i18n.js';

/** `97.5 %`; a dash where there was nothing to count. @param {number | null} share */
export function percent(share) {
  if (share === null) return '–';
  return share.toLocaleString(currentLocale(), { style: 'percent', maximumSignificantDigits: 3 });
}

/** A threshold to a thousandth. @param {number} value */
export function distance(value) {
  return value.toLocaleString(currentLocale(), { minimumFractionDigits: 2, maximumFractionDigits: 3 });
}
