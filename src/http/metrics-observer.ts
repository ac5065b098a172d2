import type { Metrics } from '../shared/prometheus.js';
import type { Observer } from '../people/observer.js';

/** Records processed photos, named faces and restarted workers. */
export function metricsObserver(metrics: Metrics): Observer {
  return {
    photoProcessed(task, timesMs, faces) {
      metrics.recordPhoto(task, faces);
      metrics.recordStages(timesMs);
    },
    facesNamed(_use, matches, _news, { match, total }) {
      const named = matches.filter(({ name }) => name !== null).length;
      metrics.recordMatches(named, matches.length - named);
      metrics.recordStages({ match, total });
    },
    facesCompared: () => undefined,
    dataRead: () => undefined,
    challengeEnded: (result) => metrics.recordChallenge(result),
    workerRestarted: () => metrics.workerRestarted(),
  };
}
