import type { Metrics } from '../shared/metrics.js';
import type { Observer } from '../people/observer.js';

/** Counts what the server did. */
export function metricsObserver(metrics: Metrics): Observer {
  return {
    looked(task, timesMs, faces) {
      metrics.looked(task, faces);
      metrics.took(timesMs);
    },
    named(_use, matches, _news, { match, total }) {
      const named = matches.filter(({ name }) => name !== null).length;
      metrics.decided(named, matches.length - named);
      metrics.took({ match, total });
    },
    compared: () => undefined,
    workerRestarted: () => metrics.workerRestarted(),
  };
}
