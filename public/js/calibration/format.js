import { currentLocale } from '../i18n.js';

/** `97.5 %`; a dash for null. @param {number | null} share */
export function percent(share) {
  if (share === null) return '–';
  return share.toLocaleString(currentLocale(), { style: 'percent', maximumSignificantDigits: 3 });
}

/** A threshold with three decimals. @param {number} value */
export function distance(value) {
  return value.toLocaleString(currentLocale(), { minimumFractionDigits: 2, maximumFractionDigits: 3 });
}
