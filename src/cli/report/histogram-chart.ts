import type { Histogram } from '../../shared/statistics/metrics.js';
import { chart, round, roundTicks, type Axis, type Frame } from './svg.js';

/** Distances of genuine and impostor pairs, and the threshold between them. */
export function histogramChart({ edges, genuine, impostor }: Histogram, threshold: number): string {
  const top = edges[edges.length - 1];
  const most = Math.max(...genuine, ...impostor);
  const distanceAxis: Axis = { label: 'distance', ticks: roundTicks(top), share: (value) => value / top };
  const countAxis: Axis = { label: 'pairs', ticks: roundTicks(most), share: (value) => value / most };
  return chart('Distances of genuine and impostor pairs', distanceAxis, countAxis, (frame) =>
    [
      bars('genuine', edges, genuine, frame),
      bars('impostor', edges, impostor, frame),
      `<path class="threshold" d="M${frame.x(threshold)} ${frame.y(0)}V${frame.y(most)}"/>`,
      `<text x="${frame.x(threshold) + 5}" y="${frame.y(most) + 12}">threshold ${threshold.toFixed(3)}</text>`,
    ].join('\n'),
  );
}

function bars(kind: string, edges: readonly number[], counts: readonly number[], { x, y }: Frame): string {
  const path = counts.map((count, i) =>
    count === 0 ? '' : `M${x(edges[i])} ${y(0)}V${y(count)}h${round(x(edges[i + 1]) - x(edges[i]))}V${y(0)}Z`,
  );
  return `<path class="${kind}" d="${path.join('')}"/>`;
}
