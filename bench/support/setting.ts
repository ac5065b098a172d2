import { resolve } from 'node:path';
import sharp from 'sharp';
import { pipelineSpec } from '../../src/app/pipeline.js';
import { readConfig } from '../../src/app/config.js';
import type { PipelineSpec } from '../../src/faces/pipeline/spec.js';
import { sharedPath } from '../../test/helpers/shared.js';

/** The cores of the machine that the bars apply to. */
export const THREADS = 2;

/** Dimension of the search index: that of FaceNet. */
export const NEAR = 0.88;

/** The networks of `settings` with the reference weights and an engine of two threads; without liveness unless it is set. */
export function specOf(settings: Readonly<Record<string, string>>): PipelineSpec {
  const folder = {
    ROSTRO_DATA: resolve(sharedPath('models')),
    WORKERS: '1',
    THREADS: String(THREADS),
    LIVENESS: 'off',
  };
  return { ...pipelineSpec(readConfig({ ...folder, ...settings })), cacheDir: resolve('.cache') };
}

/** A webcam-like JPEG: 640×480 with one face of about 150 pixels. */
export async function oneFaceFrame(): Promise<Buffer> {
  return webcamFrame(sharedPath('images', 'ivan.jpg'));
}

/** A photo cropped to a 640×480 JPEG. */
export function webcamFrame(path: string): Promise<Buffer> {
  return jpegOf(path, 640, 480);
}

/** A 1366×768 JPEG of a group of people. */
export function largePicture(): Promise<Buffer> {
  return jpegOf(sharedPath('images', 'groups', 'bbt1.jpg'), 1366, 768);
}

function jpegOf(path: string, width: number, height: number): Promise<Buffer> {
  return sharp(path).rotate().resize(width, height, { fit: 'cover' }).jpeg({ quality: 85 }).toBuffer();
}
