import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Box } from '../faces/image/box.js';
import type { Liveness } from '../faces/liveness/liveness.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import { RostroError } from '../shared/errors.js';
import { forEachConcurrent } from '../shared/queue.js';
import { listPhotos } from './dataset.js';

/** A photo of a person or of an attack: a picture of a person, shown to the camera. */
export interface Presentation {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** The kind of attack; null for a living person. */
  readonly kind: string | null;
  /** Decides the fold: file name up to the first `_`. */
  readonly person: string;
}

/** The largest face, or why there is none: an error code such as `no_face`. */
export type Judgement = { readonly box: Box; readonly live: Liveness } | { readonly failure: string };

export type JudgedPresentation = Presentation & { readonly judgement: Judgement };

const LIVE_FOLDERS: readonly string[] = ['live', 'real'];

/**
 * Photos of people in the folders `live` and `real`, attacks in folders named by their kind; folders in these do not matter.
 * @throws RostroError `no_file` when there is no photo, or one outside of these folders
 */
export async function listPresentations(dir: string): Promise<Presentation[]> {
  return (await listPhotos(dir)).map((path) => {
    const [folder, ...rest] = path.split('/');
    if (rest.length === 0) {
      throw new RostroError(
        'no_file',
        `${join(dir, path)} lies in no folder: people belong in "live", attacks in a folder for each kind.`,
      );
    }
    const kind = LIVE_FOLDERS.includes(folder.toLowerCase()) ? null : folder;
    return { path, kind, person: parse(path).name.split('_')[0] };
  });
}

export interface JudgeOptions {
  /** Must judge liveness. */
  readonly pipeline: Pipeline;
  /** Number of photos in memory at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  readonly onPhoto?: (done: number, total: number) => void;
}

/** Judges the largest face of each photo. When the signal is aborted it stops early, and the rest is missing. */
export async function judgePresentations(
  dir: string,
  presentations: readonly Presentation[],
  { pipeline, concurrency, signal, onPhoto }: JudgeOptions,
): Promise<JudgedPresentation[]> {
  const judged = new Map<Presentation, Judgement>();
  const work = async (presentation: Presentation): Promise<void> => {
    judged.set(presentation, await judge(join(dir, presentation.path), pipeline));
    onPhoto?.(judged.size, presentations.length);
  };
  await forEachConcurrent(presentations, concurrency, work, signal);
  return presentations.flatMap((one) => (judged.has(one) ? [{ ...one, judgement: judged.get(one)! }] : []));
}

async function judge(path: string, pipeline: Pipeline): Promise<Judgement> {
  try {
    const { faces } = await pipeline.run('detect', { bytes: await readFile(path) });
    if (faces.length === 0) return { failure: 'no_face' };
    const area = ({ box }: { box: Box }) => box.width * box.height;
    const { box, live } = faces.reduce((a, b) => (area(b) > area(a) ? b : a));
    return { box, live: live! };
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return { failure: error.code };
  }
}
