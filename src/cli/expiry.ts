import { RostroError } from '../shared/errors.js';

const HOUR_MS = 60 * 60 * 1000;
const UNIT_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
  y: 365 * 24 * HOUR_MS,
};

/**
 * @param text a span (`12h`, `30d`, `8w`, `1y`) or a date, ISO 8601
 * @throws RostroError `bad_config` for anything else, and for a moment that has passed
 */
export function expiryOf(text: string, now = Date.now()): Date {
  const span = /^(\d{1,5})([hdwy])$/.exec(text);
  const isDate = /^\d{4}-\d{2}-\d{2}([T ][\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  const dated = isDate ? Date.parse(text) : NaN;
  const at = span ? now + Number(span[1]) * UNIT_MS[span[2]] : dated;
  if (Number.isNaN(at)) {
    throw new RostroError(
      'bad_config',
      `--expires=${text} is not usable: give 12h, 30d, 8w, 1y or a date (2027-01-31).`,
    );
  }
  if (at <= now) throw new RostroError('bad_config', `--expires=${text} has passed already.`);
  return new Date(at);
}
