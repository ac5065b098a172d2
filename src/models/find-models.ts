import { createRequire } from 'node:module';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { ModelFile } from './manifest.js';

/** A frozen FaceNet graph, `model/<version>/<version>.pb`. */
export interface FacenetFile {
  /** Absolute if the data folder is absolute. */
  readonly path: string;
  /** The date and time in the name of the published graph, for example `20180402-114759`. */
  readonly version: string;
}

/** The known model files in a data folder, found by name only: neither opened nor hashed. */
export interface FoundModels {
  /** Null unless all three files exist. */
  readonly mtcnn: { readonly det1: string; readonly det2: string; readonly det3: string } | null;
  /** The newest of `facenets`. */
  readonly facenet: FacenetFile | null;
  /** All FaceNet graphs, newest first. */
  readonly facenets: readonly FacenetFile[];
  readonly haarCascade: string | null;
  /** The folder of the networks of `@vladmandic/face-api`. */
  readonly faceApiDir: string;
}

/** Sandberg's training scripts name a model by its start time, `%Y%m%d-%H%M%S` (facenet `train_softmax.py`). */
const FACENET_VERSION = /^\d{8}-\d{6}$/;

/**
 * Finds the known model files. Of several FaceNet graphs the newest by name is used; folders that are not named by date
 * and time are ignored.
 * @throws RostroError `model_missing` when the package `@vladmandic/face-api` is not installed
 */
export function findModels(dataDir: string): FoundModels {
  const [det1, det2, det3, haarCascade] = [
    'npy/det1.npy',
    'npy/det2.npy',
    'npy/det3.npy',
    'haarcascade_frontalface_default.xml',
  ].map((path) => pathIfFile(join(dataDir, path)));
  const facenets = findFacenets(join(dataDir, 'model'));
  return {
    mtcnn: det1 !== null && det2 !== null && det3 !== null ? { det1, det2, det3 } : null,
    facenet: facenets.at(0) ?? null,
    facenets,
    haarCascade,
    faceApiDir: faceApiDir(),
  };
}

/** @throws RostroError `model_missing` when the package `@vladmandic/face-api` is not installed */
export function faceApiDir(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'model');
  } catch (cause) {
    throw new RostroError('model_missing', 'The package @vladmandic/face-api is not installed; run npm install.', {
      cause,
    });
  }
}

/** The path of a known file, whether it exists or not. */
export function modelPath(file: ModelFile, dataDir: string): string {
  return join(file.embedded ? faceApiDir() : dataDir, file.path);
}

function findFacenets(modelDir: string): FacenetFile[] {
  const versions = listFolder(modelDir).filter((name) => FACENET_VERSION.test(name));
  return versions
    .sort()
    .reverse()
    .flatMap((version) => {
      const path = pathIfFile(join(modelDir, version, `${version}.pb`));
      return path === null ? [] : [{ path, version }];
    });
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function pathIfFile(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : null;
}
