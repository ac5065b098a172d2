import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Values that are read at each scrape. */
export interface CurrentValues {
  readonly queued: number;
  readonly people: number;
  readonly examples: number;
  readonly liveSessions: number;
  readonly camerasLive: number;
  readonly eventsWaiting: number;
}

/** What the history has, read at each scrape. */
export interface HistoryValues {
  readonly sightings: number;
  readonly strangers: number;
}

export type Stage = 'decode' | 'detect' | 'embed' | 'attributes' | 'match' | 'total';

/** Labels of `rostro_build_info`. */
export interface Build {
  readonly version: string;
  readonly detector: string;
  readonly embedder: string;
  readonly provider: string;
}

/** Bucket bounds, seconds. A face takes tens of milliseconds, a photo that waits in the queue seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Metrics of one server in the text format of Prometheus. Label values come from short lists only: routes as they are declared
 * in the code, never text of a client.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = this.counter('rostro_http_requests_total', 'Requests that were answered.', [
    'route',
    'method',
    'status',
  ]);
  private readonly durations = this.histogram('rostro_http_request_duration_seconds', 'From request to answer.', [
    'route',
    'method',
  ]);
  private readonly stages = this.histogram('rostro_stage_duration_seconds', 'Steps of looking at a photo.', ['stage']);
  private readonly photos = this.counter('rostro_photos_total', 'Photos that went through the networks.', ['task']);
  private readonly faces = this.counter('rostro_faces_total', 'Faces that were found in them.', ['task']);
  private readonly named = this.counter('rostro_faces_named_total', 'Faces that were given a name.', []);
  private readonly unknown = this.counter('rostro_faces_unknown_total', 'Faces that nobody was close enough to.', []);
  private readonly authFailures = this.counter('rostro_auth_failures_total', 'Requests refused for their sender.', [
    'code',
  ]);
  private readonly challenges = this.counter('rostro_challenges_total', 'Challenges of a living person that ended.', [
    'result',
  ]);
  private readonly restarts = this.counter('rostro_worker_restarts_total', 'Workers that were replaced.', []);
  private readonly build: Gauge;

  /** @param levels null while the networks are being loaded @param history the same, or where it cannot be read */
  constructor(
    levels: () => CurrentValues | null,
    history: () => Promise<HistoryValues | null> = () => Promise.resolve(null),
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.addGauge('rostro_queue_depth', 'Photos that wait for a worker.', () => levels()?.queued);
    this.addGauge('rostro_people', 'People who are enrolled.', () => levels()?.people);
    this.addGauge('rostro_examples', 'Examples of all of them.', () => levels()?.examples);
    this.addGauge('rostro_live_sessions', 'Cameras whose faces are followed.', () => levels()?.liveSessions);
    this.addGauge('rostro_cameras_live', "The server's own cameras that show something.", () => levels()?.camerasLive);
    this.addGauge('rostro_events_waiting', 'Events that a receiver has not taken yet.', () => levels()?.eventsWaiting);
    this.addGauge('rostro_sightings', 'Sightings in the history.', async () => (await history())?.sightings);
    this.addGauge('rostro_strangers', 'Unknown faces in the history.', async () => (await history())?.strangers);
    const labelNames = ['version', 'node', 'detector', 'embedder', 'provider'];
    this.build = new Gauge({ name: 'rostro_build_info', help: 'What runs; always 1.', labelNames, registers });
  }

  /** @param route as it is declared in the code: `/people/:name` */
  recordRequest(route: string, method: string, status: number, ms: number): void {
    this.requests.inc({ route, method, status });
    this.durations.observe({ route, method }, ms / 1000);
  }

  recordStages(timesMs: Readonly<Partial<Record<Stage, number>>>): void {
    for (const [stage, ms] of Object.entries<number | undefined>(timesMs)) {
      if (ms !== undefined) this.stages.observe({ stage }, ms / 1000);
    }
  }

  recordPhoto(task: string, faces: number): void {
    this.photos.inc({ task });
    this.faces.inc({ task }, faces);
  }

  recordMatches(named: number, unknown: number): void {
    this.named.inc(named);
    this.unknown.inc(unknown);
  }

  /** @param code of the error */
  recordAuthFailure(code: string): void {
    this.authFailures.inc({ code });
  }

  /** @param result `passed`, or why it failed */
  recordChallenge(result: string): void {
    this.challenges.inc({ result });
  }

  workerRestarted(): void {
    this.restarts.inc();
  }

  setBuild(build: Build): void {
    const { version, detector, embedder, provider } = build;
    this.build.set({ version, detector, embedder, provider, node: process.version }, 1);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram(name: string, help: string, labelNames: string[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }

  private addGauge(name: string, help: string, read: () => number | undefined | Promise<number | undefined>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set((await read()) ?? 0);
      },
    });
  }
}
