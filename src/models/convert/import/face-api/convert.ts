import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readWeights, shardNames, type WeightMap } from '../../formats/weights-manifest.js';
import { cachedOnnx, type CachedModel } from '../../cache.js';
import { importDescriptor } from './descriptor.js';
import { importLandmarks68 } from './landmarks68.js';
import { importSsd } from './ssd.js';

/** The name of the weights in the package, and the importer; the converter's number rises when its output changes. */
const NETWORKS = {
  ssd: { file: 'ssd_mobilenetv1_model', converter: 'face-api-ssd-1', importer: importSsd },
  landmarks68: { file: 'face_landmark_68_model', converter: 'face-api-landmarks68-1', importer: importLandmarks68 },
  descriptor: { file: 'face_recognition_model', converter: 'face-api-descriptor-1', importer: importDescriptor },
} as const satisfies Record<string, { file: string; converter: string; importer: (weights: WeightMap) => Uint8Array }>;

/**
 * One of face-api's networks as an ONNX file, converted on first use.
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing` when one of its files is not there, `bad_model_file` when its weights are
 *   unusable, `storage_failed`; each names the files.
 */
export async function cachedFaceApi(
  network: keyof typeof NETWORKS,
  modelDir: string,
  cacheDir: string,
): Promise<CachedModel> {
  const { file, converter, importer } = NETWORKS[network];
  return cachedOnnx({
    cacheDir,
    converter,
    sources: await sourcesOf(join(modelDir, `${file}-weights_manifest.json`)),
    convert: ([manifest, ...shards]) => importer(readWeights(manifest, shards)),
  });
}

/** The manifest and its shards; only the manifest when it is unusable, and the conversion says what is wrong with it. */
async function sourcesOf(manifestPath: string): Promise<string[]> {
  try {
    const names = shardNames(await readFile(manifestPath));
    return [manifestPath, ...names.map((name) => join(dirname(manifestPath), name))];
  } catch {
    return [manifestPath];
  }
}
