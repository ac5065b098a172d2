import { RostroError } from '../shared/errors.js';

/** A false-accept rate, as a flag gives it. @throws RostroError `bad_config` */
export function parseRate(text: string, flag: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= 0.5) return rate;
  throw new RostroError(
    'bad_config',
    `${flag}=${text} is not usable: give a share over 0 and up to 0.5, such as 0.01.`,
  );
}

/** `97.5 %`; a dash where there was nothing to count. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? '–' : `${Number((100 * share).toPrecision(3))} %`;
}
