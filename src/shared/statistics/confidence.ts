/**
 * The largest rate that what was seen still allows: upper end of the one-sided Clopper-Pearson interval. Of no event in
 * n trials it is close to 3 / n at 95 % (the rule of three; Hanley and Lippman-Hand, JAMA 249(13), 1983).
 * @param events how many of the trials went wrong, 0..trials
 * @returns a share, 0..1; 1 where there was no trial
 */
export function upperBound(events: number, trials: number, confidence = 0.95): number {
  if (events >= trials) return 1;
  let [low, high] = [events / trials, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(events, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Halvings of an interval of 1, to the last bits of a double. */
const BISECTIONS = 50;

/** The chance of at most `events` in `trials` when each goes wrong with chance `rate`, summed up from logarithms. */
function chanceOfAtMost(events: number, trials: number, rate: number): number {
  let logChance = trials * Math.log1p(-rate);
  let sum = Math.exp(logChance);
  for (let k = 1; k <= events; k++) {
    logChance += Math.log((trials - k + 1) / k) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(logChance);
  }
  return sum;
}
