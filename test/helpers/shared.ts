import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { installedWeightsDir } from '../../src/models/find-models.js';

/** Reference weights, photos and golden results beside a development checkout; a plain clone has none. */
const sharedDir = fileURLToPath(new URL('../../../shared', import.meta.url));

export const hasShared = existsSync(join(sharedDir, 'golden'));

/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsShared = hasShared ? '' : ' (skipped: needs the reference data in ../shared, which is not here)';

export function sharedPath(...parts: string[]): string {
  return join(sharedDir, ...parts);
}

/** The sample photos that come with @vladmandic/face-api: there after every `npm install`. */
export function samplePhoto(number: 1 | 2 | 3 | 4 | 5 | 6): string {
  return fileURLToPath(new URL(`../../node_modules/@vladmandic/face-api/demo/sample${number}.jpg`, import.meta.url));
}

/** The TensorFlow Lite networks of the installation: MobileFaceNet and MTCNN. */
export const hasWeights = installedWeightsDir() !== null;

/** Appended to the title of a suite that needs them and the reference data. */
export const needsSharedAndWeights =
  needsShared || (hasWeights ? '' : ' (skipped: the weights of MobileFaceNet are not installed)');
