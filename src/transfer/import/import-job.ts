import { runAs, type Actor } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import type { Importer } from './importer.js';
import { withChoices, type ImportPlan } from './plan.js';
import type { OpenedImport } from './open-import.js';
import { countsOf, type ImportCounts, type ImportLine } from './report.js';

export const JOB_STATES = ['waiting', 'running', 'done', 'stopped', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobStatus {
  readonly id: string;
  readonly state: JobState;
  readonly photos: number;
  readonly done: number;
  readonly counts: ImportCounts;
  /** Photos that were looked at a second; null while that cannot be told. */
  readonly photosPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** Why it failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ImportJobParts {
  readonly id: string;
  readonly opened: OpenedImport;
  readonly importer: Pick<Importer, 'run'>;
  readonly concurrency: number;
  /** In whose name the photos are enrolled. */
  readonly actor: Actor;
  readonly now: () => Date;
}

/** One import of a server: what came, and what becomes of it. */
export class ImportJob {
  state: JobState = 'waiting';
  private readonly stopping = new AbortController();
  private readonly createdAt: string;
  private endedAt: string | null = null;
  private error: JobStatus['error'] = null;
  private plan: ImportPlan;
  /** By file and person, so that a photo that is looked at again takes its own place. */
  private readonly told = new Map<string, ImportLine>();
  private startedMs = 0;
  private looked = 0;

  constructor(private readonly parts: ImportJobParts) {
    this.plan = parts.opened.plan;
    this.createdAt = parts.now().toISOString();
  }

  get id(): string {
    return this.parts.id;
  }

  get lines(): readonly ImportLine[] {
    return [...this.told.values()];
  }

  get hasEnded(): boolean {
    return this.state !== 'waiting' && this.state !== 'running';
  }

  get status(): JobStatus {
    const { id, state, createdAt, endedAt, error } = this;
    const { people, refused } = this.parts.opened.plan;
    const photos = people.reduce((sum, person) => sum + person.photos.length, refused.length);
    const done = this.told.size;
    const seconds = (performance.now() - this.startedMs) / 1000;
    const rate = state === 'running' && this.looked > 0 ? this.looked / seconds : null;
    return {
      ...{ id, state, photos, done, counts: countsOf(this.lines), createdAt, endedAt, error },
      photosPerSecond: rate,
      secondsLeft: rate === null ? null : Math.max(0, photos - done) / rate,
    };
  }

  /** Never fails: what went wrong is in the status. */
  async run(): Promise<void> {
    if (this.stopping.signal.aborted) return this.end('stopped');
    this.state = 'running';
    this.startedMs = performance.now();
    this.looked = 0;
    const { importer, opened, concurrency, actor } = this.parts;
    const { signal } = this.stopping;
    try {
      const onLine = (line: ImportLine) => this.tell(line);
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

  /** Makes ready to look again at photos of which it is known now which face is meant. @param faces file -> face */
  choose(faces: ReadonlyMap<string, number>): void {
    const { people } = this.parts.opened.plan;
    const left = people.map((one) => ({ ...one, photos: one.photos.filter(({ file }) => faces.has(file)) }));
    this.plan = withChoices({ people: left.filter(({ photos }) => photos.length > 0), refused: [] }, faces);
    [this.state, this.endedAt] = ['waiting', null];
  }

  stop(): void {
    this.stopping.abort();
  }

  private tell(line: ImportLine): void {
    if (line.outcome !== 'already_there') this.looked++;
    this.told.set(JSON.stringify([line.file, line.line, line.person]), line);
  }

  private end(state: JobState): void {
    this.state = state;
    this.endedAt = this.parts.now().toISOString();
  }
}
