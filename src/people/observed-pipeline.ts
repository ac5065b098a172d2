import type { Detection, EmbedTimings, Pipeline, PipelineInfo } from '../faces/pipeline/pipeline.js';
import type { Observer, Task } from './observer.js';

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
