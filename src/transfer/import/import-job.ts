import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Actor, runAs } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import type { Importer } from './importer.js';
import type { OpenedImport } from './open-import.js';
import { type ImportPlan, withChosenFaces } from './plan.js';
import { countsOf, type ImportCounts, type ImportLine } from './report.js';

export const JOB_STATES = ['waiting', 'running', 'done', 'stopped', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobStatus {
  readonly id: string;
  readonly state: JobState;
  readonly photos: number;
  readonly done: number;
  readonly counts: ImportCounts;
  /** Processed photos per second; null where unknown. */
  readonly photosPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** Set where the job failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ImportJobParts {
  readonly id: string;
  readonly opened: OpenedImport;
  readonly importer: Pick<Importer, 'run'>;
  readonly concurrency: number;
  /** Actor of the enrolments in the audit log. */
  readonly actor: Actor;
  readonly now: () => Date;
}

const STOP_MS = 5000;

/** An import that runs in the background of the server. */
export class ImportJob {
  state: JobState = 'waiting';
  private readonly stopping = new AbortController();
  private readonly createdAt: string;
  private endedAt: string | null = null;
  private error: JobStatus['error'] = null;
  private plan: ImportPlan;
  /** By file, line and person, so that a second run of a photo replaces its line. */
  private readonly reported = new Map<string, ImportLine>();
  private startedMs = 0;
  private processed = 0;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ImportJobParts) {
    this.plan = parts.opened.plan;
    // Every photo adds listeners.
    setMaxListeners(0, this.stopping.signal);
    this.createdAt = parts.now().toISOString();
  }

  get id(): string {
    return this.parts.id;
  }

  get lines(): readonly ImportLine[] {
    return [...this.reported.values()];
  }

  get hasEnded(): boolean {
    return this.state !== 'waiting' && this.state !== 'running';
  }

  get status(): JobStatus {
    const { id, state, createdAt, endedAt, error } = this;
    const { people, refused } = this.parts.opened.plan;
    const photos = people.reduce((sum, person) => sum + person.photos.length, refused.length);
    const done = this.reported.size;
    const seconds = (performance.now() - this.startedMs) / 1000;
    const rate = state === 'running' && this.processed > 0 ? this.processed / seconds : null;
    return {
      ...{ id, state, photos, done, counts: countsOf(this.lines), createdAt, endedAt, error },
      photosPerSecond: rate,
      secondsLeft: rate === null ? null : Math.max(0, photos - done) / rate,
    };
  }

  /** Puts errors into the status. @throws only unexpected errors */
  run(): Promise<void> {
    return (this.running = this.runNow());
  }

  private async runNow(): Promise<void> {
    if (this.stopping.signal.aborted) return this.end('stopped');
    this.state = 'running';
    this.startedMs = performance.now();
    this.processed = 0;
    const { importer, opened, concurrency, actor } = this.parts;
    const { signal } = this.stopping;
    try {
      const onLine = (line: ImportLine) => this.report(line);
      const run = () => importer.run({ plan: this.plan, source: opened.source, concurrency, signal, onLine });
      const { complete } = await runAs(actor, run);
      this.end(complete ? 'done' : 'stopped');
    } catch (error) {
      this.error =
        error instanceof RostroError
          ? { code: error.code, message: error.message }
          : { code: 'internal', message: 'Something went wrong on the server.' };
      this.end('failed');
      if (!(error instanceof RostroError)) throw error;
    }
  }

  /** Prepares a second run of photos with several faces. @param faces file -> face index */
  chooseFaces(faces: ReadonlyMap<string, number>): void {
    const { people } = this.parts.opened.plan;
    const left = people.map((one) => ({ ...one, photos: one.photos.filter(({ file }) => faces.has(file)) }));
    this.plan = withChosenFaces({ people: left.filter(({ photos }) => photos.length > 0), refused: [] }, faces);
    [this.state, this.endedAt] = ['waiting', null];
  }

  /** Resolves when a run has ended, at the latest after a moment: a disk or database may hang. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const late = setTimeout(STOP_MS, undefined, { ref: false });
    await Promise.race([this.running.catch(() => undefined), late]);
  }

  private report(line: ImportLine): void {
    if (line.outcome !== 'already_there') this.processed++;
    this.reported.set(JSON.stringify([line.file, line.line, line.person]), line);
  }

  private end(state: JobState): void {
    this.state = state;
    this.endedAt = this.parts.now().toISOString();
  }
}
