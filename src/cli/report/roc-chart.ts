import type { RocPoint } from '../../shared/statistics/metrics.js';
import { chart, round, type Axis, type Frame } from './svg.js';

/** The lowest false-accept rate that the axis shows: rates of zero are drawn there. */
const LEAST_FAR = 1e-4;
const DECADES = -Math.log10(LEAST_FAR);

const FAR_AXIS: Axis = {
  label: 'false-accept rate (impostor pairs accepted)',
  ticks: [1e-4, 1e-3, 1e-2, 1e-1, 1].map((far) => [far, far === LEAST_FAR ? '0' : String(far)]),
  share: (far) => 1 + Math.log10(Math.max(far, LEAST_FAR)) / DECADES,
};

/** The ROC with a logarithmic axis of false accepts, where the differences lie. */
export function rocChart(roc: readonly RocPoint[]): string {
  const lowest = Math.floor(10 * Math.min(0.9, 1 - firstAtZero(roc).frr)) / 10;
  const ticks = Array.from({ length: Math.round((1 - lowest) * 10) + 1 }, (_, i): [number, string] => {
    const value = lowest + i / 10;
    return [value, value.toFixed(1)];
  });
  const share = (rate: number) => Math.max(0, (rate - lowest) / (1 - lowest));
  const valAxis: Axis = { label: 'genuine pairs accepted', ticks, share };
  return chart('ROC: genuine pairs accepted over false-accept rate', FAR_AXIS, valAxis, (frame) => steps(roc, frame));
}

/** The last point without a false accept: where the curve leaves the left edge. */
function firstAtZero(roc: readonly RocPoint[]): RocPoint {
  return roc.reduce((last, point) => (point.far === 0 ? point : last));
}

/** Points of one place on the axis are drawn once: a large sample has thousands. */
function steps(roc: readonly RocPoint[], { x, y }: Frame): string {
  let path = '';
  let before = '';
  for (const { far, frr } of roc) {
    const place = `${round(x(far))} ${round(y(1 - frr))}`;
    if (place !== before) path += `${path === '' ? 'M' : 'L'}${place}`;
    before = place;
  }
  return `<path class="roc" d="${path}"/>`;
}
