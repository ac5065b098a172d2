import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readWeights, shardNames, type WeightMap } from './weights-manifest.js';
import { cachedOnnx, type CachedModel } from '../cache.js';
import { convertAgeGender, convertExpression } from './attributes.js';
import { convertDescriptor } from './descriptor.js';
import { convertLandmarks68 } from './landmarks68.js';
import { convertSsd } from './ssd.js';

/** File name of the weights in the package, and converter id: increase its number when the output changes. */
const NETWORKS = {
  ssd: { file: 'ssd_mobilenetv1_model', converter: 'face-api-ssd-1', importer: convertSsd },
  landmarks68: { file: 'face_landmark_68_model', converter: 'face-api-landmarks68-1', importer: convertLandmarks68 },
  descriptor: { file: 'face_recognition_model', converter: 'face-api-descriptor-1', importer: convertDescriptor },
  ageGender: { file: 'age_gender_model', converter: 'face-api-age-gender-1', importer: convertAgeGender },
  expression: { file: 'face_expression_model', converter: 'face-api-expression-1', importer: convertExpression },
} as const satisfies Record<string, { file: string; converter: string; importer: (weights: WeightMap) => Uint8Array }>;

/**
 * Returns one of face-api's networks as an ONNX file, converted on first use.
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing` when one of its files does not exist, `bad_model_file` when its weights are
 * unusable, `storage_failed`; the message names the files
 */
export async function cachedFaceApiModel(
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

/** The manifest and its shards. Only the manifest when it is unusable: the conversion then reports the error. */
async function sourcesOf(manifestPath: string): Promise<string[]> {
  try {
    const names = shardNames(await readFile(manifestPath));
    return [manifestPath, ...names.map((name) => join(dirname(manifestPath), name))];
  } catch {
    return [manifestPath];
  }
}
