import type { FacePipeline } from '../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../src/faces/pipeline/load.js';
import { quantile, sideBySide, type Rounds } from './harness.js';
import { specOf } from './setting.js';

/** A frame and its expected number of faces. */
export interface Frame {
  readonly name: string;
  readonly jpeg: Buffer;
  readonly faces: number;
}

/** Median milliseconds from a frame's bytes to its embedded faces, and of each stage. */
export type StageTimes = Readonly<Record<'total' | 'decode' | 'detect' | 'embed', number>>;

/** Times frames in turn, through MTCNN from 40 px and FaceNet of 2018. */
export async function timeStages(frames: readonly Frame[], rounds: Rounds): Promise<StageTimes[]> {
  const pipeline = await loadPipeline(specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' }));
  const stages = frames.map(() => ({ decode: [] as number[], detect: [] as number[], embed: [] as number[] }));
  const candidates = frames.map((frame, i) => ({
    name: frame.name,
    run: async () => {
      const { decode, detect, embed } = await analyse(pipeline, frame);
      stages[i].decode.push(decode);
      stages[i].detect.push(detect);
      stages[i].embed.push(embed);
    },
  }));
  const timings = await sideBySide(candidates, rounds);
  const counted = (times: readonly number[]) => quantile(times.slice(rounds.warmUp), 0.5);
  return timings.map(({ median }, i) => ({
    total: median,
    decode: counted(stages[i].decode),
    detect: counted(stages[i].detect),
    embed: counted(stages[i].embed),
  }));
}

async function analyse(pipeline: FacePipeline, { name, jpeg, faces }: Frame) {
  const { faces: found, timingsMs } = await pipeline.run('analyse', { bytes: jpeg });
  if (found.length !== faces) throw new Error(`${name}: ${found.length} faces are found where ${faces} are shown`);
  return timingsMs;
}
