import { resolve } from 'node:path';
import sharp from 'sharp';
import { pipelineSpec } from '../../src/app/pipeline-spec.js';
import { readConfig } from '../../src/app/config.js';
import type { PipelineSpec } from '../../src/faces/pipeline/spec.js';
import { sharedPath } from '../../test/helpers/shared.js';

/** The cores of the machine that the bars are for. */
export const THREADS = 2;

/** Of the search index: as for FaceNet. */
export const NEAR = 0.88;

/** The networks that `settings` choose, from the reference weights, with an engine of two threads. */
export function specOf(settings: Readonly<Record<string, string>>): PipelineSpec {
  const folder = { ROSTRO_DATA: resolve(sharedPath('models')), WORKERS: '1', THREADS: String(THREADS) };
  return { ...pipelineSpec(readConfig({ ...folder, ...settings })), cacheDir: resolve('.cache') };
}

/** A JPEG as a webcam sends it: 640×480 with one face of some 150 pixels. */
export async function oneFaceFrame(): Promise<Buffer> {
  return webcamFrame(sharedPath('images', 'ivan.jpg'));
}

/** A photo as a 640×480 JPEG, cut to that shape. */
export function webcamFrame(path: string): Promise<Buffer> {
  return sharp(path).rotate().resize(640, 480, { fit: 'cover' }).jpeg({ quality: 85 }).toBuffer();
}
