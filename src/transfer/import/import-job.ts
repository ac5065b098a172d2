import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Actor, runAs } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import type { Importer } from './importer.js';
import type { OpenedImport } from './open-import.js';
import { type ImportPlan, type PlannedPerson, withChosenFaces } from './plan.js';
import { countsOf, type ImportCounts, type ImportLine } from './report.js';
import { Withdrawn } from './withdrawn.js';

export const JOB_STATES = ['planned', 'waiting', 'running', 'done', 'stopped', 'failed'] as const;
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
  state: JobState = 'planned';
  private readonly stopping = new AbortController();
  private readonly createdAt: string;
  private endedAt: string | null = null;
  private error: JobStatus['error'] = null;
  /** Of all photos. */
  private whole: ImportPlan;
  /** Of the next run. */
  private plan: ImportPlan;
  private readonly withdrawn = new Withdrawn();
  /** By file, line and person, so that a second run of a photo replaces its line. */
  private readonly reported = new Map<string, ImportLine>();
  private startedMs = 0;
  private processed = 0;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ImportJobParts) {
    this.whole = this.plan = parts.opened.plan;
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
    return this.endedAt !== null;
  }

  get status(): JobStatus {
    const { id, state, createdAt, endedAt, error } = this;
    const { people, refused } = this.whole;
    const photos = people.reduce((sum, person) => sum + person.photos.length, refused.length);
    const done = this.reported.size;
    const seconds = (performance.now() - this.startedMs) / 1000;
    const rate = state === 'running' && this.processed > 0 ? this.processed / seconds : null;
    return {
      id,
      state,
      photos,
      done,
      counts: countsOf(this.lines),
      createdAt,
      endedAt,
      error,
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
      const { plan, withdrawn } = this;
      const run = () => importer.run({ plan, source: opened.source, concurrency, signal, onLine, withdrawn });
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
    const { people } = this.whole;
    const left = people.map((one) => ({ ...one, photos: one.photos.filter(({ file }) => faces.has(file)) }));
    this.plan = withChosenFaces({ people: left.filter(({ photos }) => photos.length > 0), refused: [] }, faces);
    [this.state, this.endedAt] = ['waiting', null];
  }

  /** Replaces the plan before the first run. */
  replan(plan: ImportPlan): void {
    this.whole = this.plan = plan;
  }

  /**
   * Takes a person out: their photos are not enrolled any more, and nothing is reported of them.
   * @param examples ids of their examples: they may have been renamed since
   * @returns the files of their photos
   */
  async withdraw(name: string, examples: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const theirs = this.lines.filter(({ example }) => example !== null && examples.has(example));
    const names = new Set([name, ...theirs.flatMap(({ person }) => person ?? [])]);
    for (const one of names) await this.withdrawn.add(one);
    const people = this.whole.people.filter((person) => names.has(person.name));
    this.remove(({ person }) => person !== null && names.has(person));
    return new Set(people.flatMap(({ photos }) => photos.map(({ file }) => file)));
  }

  /** Takes the photo of an example out, which was enrolled before. @returns its files */
  withdrawExample(id: string): ReadonlySet<string> {
    const files = new Set(this.lines.flatMap(({ example, file }) => (example === id && file !== null ? [file] : [])));
    this.remove(({ file }) => file !== null && files.has(file));
    return files;
  }

  private remove(isErased: (line: Pick<ImportLine, 'file' | 'person'>) => boolean): void {
    for (const [key, line] of this.reported) if (isErased(line)) this.reported.delete(key);
    const left = ({ people, refused, ...plan }: ImportPlan): ImportPlan => {
      const photosOf = ({ name, photos }: PlannedPerson) =>
        photos.filter(({ file }) => !isErased({ file, person: name }));
      const others = people.map((person) => ({ ...person, photos: photosOf(person) }));
      return {
        ...plan,
        people: others.filter(({ photos }) => photos.length > 0),
        refused: refused.filter((line) => !isErased(line)),
      };
    };
    [this.whole, this.plan] = [left(this.whole), left(this.plan)];
  }

  /** Resolves when a run has ended, at the latest after a moment: a disk or database may hang. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const late = setTimeout(STOP_MS, undefined, { ref: false });
    await Promise.race([this.running.catch(() => undefined), late]);
  }

  private report(line: ImportLine): void {
    if (line.person !== null && this.withdrawn.has(line.person)) return;
    if (line.outcome !== 'already_there') this.processed++;
    this.reported.set(JSON.stringify([line.file, line.line, line.person]), line);
  }

  private end(state: JobState): void {
    this.state = state;
    this.endedAt = this.parts.now().toISOString();
  }
}
