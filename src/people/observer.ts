import type { Detection, EmbedTimings, Pipeline, PipelineInfo } from '../faces/pipeline/pipeline.js';
import type { Match } from '../matching/matcher.js';

/** What the pipeline did with a photo: `analyse` for `/recognize` and `/verify`, `portrait` for an enrolment. */
export type Task = 'detect' | 'analyse' | 'portrait' | 'live';

/** How long each step took, milliseconds; a step that did not happen is not there. */
export interface StageTimes {
  readonly decode?: number;
  readonly detect?: number;
  readonly embed?: number;
  readonly match?: number;
  readonly total?: number;
}

/** Is told what the server did, for figures and for the audit log. It never gets a picture or an embedding. */
export interface Observer {
  /** A photo went through the pipeline. */
  looked(task: Task, timesMs: StageTimes, faces: number): void;
  /**
   * Faces were given names, or none.
   * @param news those that are not named as in the frame before; all of them in a photo that stands alone
   */
  named(use: 'recognize' | 'live', matches: readonly Match[], news: readonly Match[], timesMs: StageTimes): void;
  /** Two photos were compared. */
  compared(same: boolean, distance: number): void;
  /** A worker thread was replaced. */
  workerRestarted(): void;
}

/** Tells all of them. */
export function observers(all: readonly Observer[]): Observer {
  return {
    looked: (...told) => all.forEach((observer) => observer.looked(...told)),
    named: (...told) => all.forEach((observer) => observer.named(...told)),
    compared: (...told) => all.forEach((observer) => observer.compared(...told)),
    workerRestarted: () => all.forEach((observer) => observer.workerRestarted()),
  };
}

export const nobody: Observer = observers([]);

/** The pipeline, telling an observer how long each photo took and how many faces it shows. */
export class ObservedPipeline implements Pipeline {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly observer: Observer,
  ) {}

  get info(): PipelineInfo {
    return this.pipeline.info;
  }

  async detect(...photo: Parameters<Pipeline['detect']>): ReturnType<Pipeline['detect']> {
    return this.told('detect', await this.pipeline.detect(...photo));
  }

  async analyse(...photo: Parameters<Pipeline['analyse']>): ReturnType<Pipeline['analyse']> {
    return this.told('analyse', await this.pipeline.analyse(...photo));
  }

  async portrait(...photo: Parameters<Pipeline['portrait']>): ReturnType<Pipeline['portrait']> {
    const portrait = await this.pipeline.portrait(...photo);
    this.observer.looked('portrait', portrait.timingsMs, 1);
    return portrait;
  }

  async live(...frame: Parameters<Pipeline['live']>): ReturnType<Pipeline['live']> {
    return this.told('live', await this.pipeline.live(...frame));
  }

  private told<T extends { faces: readonly unknown[]; timingsMs: Detection['timingsMs'] | EmbedTimings }>(
    task: Task,
    result: T,
  ): T {
    this.observer.looked(task, result.timingsMs, result.faces.length);
    return result;
  }
}
