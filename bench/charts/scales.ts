import { type Axis, roundTicks } from '../../src/cli/report/charts.js';

/** From 0 to slightly above the largest value. */
export function linearAxis(label: string, values: readonly number[]): Axis {
  const top = 1.1 * Math.max(...values);
  return { label, ticks: roundTicks(top), share: (value) => value / top };
}

/** From 0, with a tick at each value. */
export function linearAxisAt(label: string, values: readonly number[]): Axis {
  const top = 1.04 * Math.max(...values);
  return { label, ticks: values.map((value) => [value, tickText(value)]), share: (value) => value / top };
}

/** From the smallest to the largest value, with a tick at each. */
export function logAxisAt(label: string, values: readonly number[]): Axis {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const share = (value: number) => 0.06 + (0.88 * (Math.log(value) - least)) / (most - least);
  return { label, ticks: values.map((value) => [value, tickText(value)]), share };
}

/** Logarithmic, in whole powers of ten. */
export function decadeAxis(label: string, values: readonly number[]): Axis {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.ceil(Math.log10(1.5 * Math.max(...values)));
  const ticks = Array.from({ length: most - least + 1 }, (_, i): [number, string] => {
    const value = 10 ** (least + i);
    return [value, tickText(Number(value.toPrecision(1)))];
  });
  return { label, ticks, share: (value) => (Math.log10(value) - least) / (most - least) };
}

function tickText(value: number): string {
  return value >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(2)));
}
