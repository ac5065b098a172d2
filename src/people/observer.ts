import type {
  Pipeline,
  PipelineInfo,
  PipelineMethod,
  PipelineRequest,
  PipelineResult,
} from '../faces/pipeline/pipeline.js';
import type { Match } from '../matching/matcher.js';

/** Pipeline method, as metrics name it: `analyse` for `/recognize` and `/verify`, `portrait` for an enrolment. */
export type Task = Exclude<PipelineMethod, 'enrolmentFace'> | 'portrait';

/** Duration of each step, milliseconds. Absent for steps that were not run. */
export interface StageTimes {
  readonly decode?: number;
  readonly detect?: number;
  readonly embed?: number;
  readonly attributes?: number;
  readonly match?: number;
  readonly total?: number;
}

/** Listener for metrics and the audit log. Never receives photos or embeddings. */
export interface Observer {
  /** A photo went through the pipeline. */
  photoProcessed(task: Task, timesMs: StageTimes, faces: number): void;
  /**
   * Faces were matched.
   * @param changes matches that differ from the previous frame; all matches for a single photo
   */
  facesNamed(
    use: 'recognize' | 'live',
    matches: readonly Match[],
    changes: readonly Match[],
    timesMs: StageTimes,
  ): void;
  /** Two photos were compared. */
  facesCompared(same: boolean, distance: number): void;
  /**
   * Somebody's data were read.
   * @param name of the person; null for several people, or for one that is not enrolled
   */
  dataRead(name: string | null, facts: Readonly<Record<string, string>>): void;
  /** A challenge of a living person ended. @param result `passed`, or why it failed */
  challengeEnded(result: string): void;
  /** A worker thread was replaced. */
  workerRestarted(): void;
}

/** Forwards each call to all observers. */
export function combineObservers(all: readonly Observer[]): Observer {
  return {
    photoProcessed: (...args) => all.forEach((observer) => observer.photoProcessed(...args)),
    facesNamed: (...args) => all.forEach((observer) => observer.facesNamed(...args)),
    facesCompared: (...args) => all.forEach((observer) => observer.facesCompared(...args)),
    dataRead: (...args) => all.forEach((observer) => observer.dataRead(...args)),
    challengeEnded: (...args) => all.forEach((observer) => observer.challengeEnded(...args)),
    workerRestarted: () => all.forEach((observer) => observer.workerRestarted()),
  };
}

export const noObserver: Observer = combineObservers([]);

/** A pipeline that reports durations and face counts to an observer. */
export class ObservedPipeline implements Pipeline {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly observer: Observer,
  ) {}

  get info(): PipelineInfo {
    return this.pipeline.info;
  }

  async run<M extends PipelineMethod>(
    method: M,
    request: PipelineRequest<M>,
    signal?: AbortSignal,
  ): Promise<PipelineResult<M>> {
    const result = await this.pipeline.run(method, request, signal);
    this.observe(method, result);
    return result;
  }

  private observe(method: PipelineMethod, result: PipelineResult<PipelineMethod>): void {
    if (!('timingsMs' in result)) return;
    const faces = 'faces' in result ? result.faces.length : 1;
    this.observer.photoProcessed(method === 'enrolmentFace' ? 'portrait' : method, result.timingsMs, faces);
  }
}
