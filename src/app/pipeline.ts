import { statSync } from 'node:fs';
import type { EngineSpec } from '../engine/open-engine.js';
import type { Flip } from '../faces/embed/embedder.js';
import type { LivenessSpec } from '../faces/liveness/liveness.js';
import { PipelinePool } from '../faces/pipeline/pool.js';
import { chooseProvider } from '../faces/pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from '../faces/pipeline/spec.js';
import { openDatabase } from '../gallery/postgres/migrate.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { vaultOf } from '../gallery/sealing/vault.js';
import { assertInstalledWeights, findCard, findModels, type FoundModels } from '../models/find-models.js';
import { LIVENESS_DIR, YUNET_PATH } from '../models/manifest.js';
import { noObserver, type Observer } from '../people/observer.js';
import { RostroError } from '../shared/errors.js';
import type { Config } from './config.js';
import { engineSpec } from './plugins.js';
import { galleryEmbedder } from './storage.js';

/** The embedder that tells people from strangers best of those that an installation brings (docs/models.md). */
const BEST_EMBEDDER = 'mobilefacenet';

/**
 * Replaces `EMBEDDER=auto`: by the embedder that made the gallery as long as its files are there, otherwise by the best one.
 * @param made name of the embedder that made the gallery; null for an empty gallery
 * @returns the configuration, and notices for the user, a sentence or two each
 * @throws RostroError `bad_model_file` for a model card that is not usable
 */
export function chooseEmbedder(config: Config, made: string | null): { config: Config; notices: string[] } {
  if (config.embedding.embedder !== 'auto') return { config, notices: [] };
  const models = findModels(config.storage.dataDir);
  const best = bestEmbedder(config, models);
  const embedder = made !== null && isInstalled(config, models, made) ? made : best;
  const notices = embedder === 'face-api' && best === embedder ? [WITHOUT_WEIGHTS] : [];
  if (embedder !== BEST_EMBEDDER && best === BEST_EMBEDDER) notices.push(betterEmbedder(embedder, config));
  return { config: withEmbedder(config, embedder), notices };
}

const WITHOUT_WEIGHTS =
  'MobileFaceNet is not installed; face-api runs instead, which gives more strangers a name. ' +
  '"npm install" brings it, unless --omit=optional is set.';

function betterEmbedder(made: string, { storage: { databaseUrl } }: Config): string {
  const change =
    databaseUrl === undefined
      ? `with the server stopped, "rostro reembed --to ${BEST_EMBEDDER} --switch"`
      : `restart every server with EMBEDDER=${BEST_EMBEDDER}`;
  return (
    `The gallery was made with ${made}; ${BEST_EMBEDDER} tells people from strangers better. To change it, run ` +
    `"rostro reembed --to ${BEST_EMBEDDER}", then, ${change}. EMBEDDER=${made} hides this note.`
  );
}

/**
 * The same for a gallery that is not open yet.
 * @param ifEmpty name of the embedder for an empty gallery; default: the best that is installed
 * @throws RostroError `encryption_key_wrong`, `database_unreachable`
 */
export async function chooseForGallery(
  config: Config,
  place: Parameters<typeof galleryEmbedder>[1],
  ifEmpty?: string,
): Promise<ReturnType<typeof chooseEmbedder>> {
  return chooseEmbedder(config, (await galleryEmbedder(config, place)) ?? ifEmpty ?? null);
}

/**
 * The same for a command that opens no gallery.
 * @throws RostroError `encryption_key_wrong`, `database_unreachable`
 */
export async function withGalleryEmbedder(config: Config): Promise<Config> {
  if (config.embedding.embedder !== 'auto') return config;
  const { databaseUrl, encryptionKeyFiles } = config.storage;
  const vault = vaultOf(await readKeys(encryptionKeyFiles));
  const database = databaseUrl === undefined ? null : await openDatabase(databaseUrl);
  try {
    return (await chooseForGallery(config, { database, vault })).config;
  } finally {
    await database?.close();
  }
}

function withEmbedder(config: Config, embedder: string): Config {
  return { ...config, embedding: { ...config.embedding, embedder } };
}

function bestEmbedder(config: Config, models: FoundModels): string {
  if (isInstalled(config, models, BEST_EMBEDDER)) return BEST_EMBEDDER;
  return models.facenet === null ? 'face-api' : 'facenet';
}

function isInstalled(config: Config, models: FoundModels, embedder: string): boolean {
  try {
    embedderSpec(withEmbedder(config, embedder), models);
    return true;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'model_missing') return false;
    throw error;
  }
}

/**
 * The networks of a configuration. `EMBEDDER=auto` is the embedder of an empty gallery; `chooseEmbedder` replaces it before.
 * All run on the CPU; `startPipeline` looks for a GPU.
 * @throws RostroError `model_missing`; `bad_config` for FLIP with face-api
 */
export function pipelineSpec(config: Config): PipelineSpec {
  const models = findModels(config.storage.dataDir);
  const engine = engineSpec(config.compute.engine);
  const embedder = embedderSpec(config, models);
  return {
    engine,
    embeddingEngine: engine,
    embedsApart: 'path' in embedder && fileBytes(embedder.path) > MOST_BYTES_IN_WORKERS,
    detector: detectorSpec(config, models),
    embedder,
    flip: flipOf(config.embedding.flip, embedder),
    liveness: livenessSpec(config, models),
    attributes: config.privacy.attributes === 'on',
    faceApiDir: models.faceApiDir,
    cacheDir: config.storage.cacheDir,
    threads: config.compute.threadsPerWorker,
    embeddingThreads: config.compute.embeddingThreads,
    maxImagePixels: config.limits.maxImagePixels,
    maxFaces: config.limits.maxFaces,
  };
}

/**
 * A larger file of an embedding network is loaded once, by the server, and not by each worker. A worker takes 15 MB more
 * with MobileFaceNet (5 MB) and 245 MB more with FaceNet (90 MB): docs/benchmarks.md, "Where faces are embedded".
 */
const MOST_BYTES_IN_WORKERS = 16 * 1024 * 1024;

/** A missing file is reported when it is loaded. */
function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function livenessSpec({ liveness, storage }: Config, { livenessDir: dir }: FoundModels): LivenessSpec | null {
  if (liveness.policy === 'off') return null;
  if (dir !== null) return { dir, threshold: liveness.threshold };
  if (liveness.policy === 'require') throw missing('LIVENESS=require', LIVENESS_DIR, storage.dataDir, 'liveness');
  if (liveness.toEnrol) throw missing('LIVENESS_ENROL=1', LIVENESS_DIR, storage.dataDir, 'liveness');
  return null;
}

function detectorSpec(config: Config, models: FoundModels): DetectorSpec {
  const { detection, storage } = config;
  const { minFacePx } = detection;
  const { haarCascade, yunet } = models;
  const detector = detection.detector === 'auto' ? bestDetector(models) : detection.detector;
  switch (detector) {
    case 'ssd':
      return { kind: 'ssd', minConfidence: detection.ssdMinConfidence };
    case 'haar':
      if (!haarCascade) throw missing('DETECTOR=haar', 'haarcascade_frontalface_default.xml', storage.dataDir);
      return { kind: 'haar', path: haarCascade, minFacePx };
    case 'yunet':
      if (!yunet) throw missing('DETECTOR=yunet', YUNET_PATH, storage.dataDir, 'yunet');
      return { kind: 'yunet', path: yunet, minFacePx };
    case 'mtcnn': {
      const files = models.mtcnn ?? models.installedMtcnn;
      if (!files) throw missing('DETECTOR=mtcnn', 'npy/det1.npy, npy/det2.npy and npy/det3.npy', storage.dataDir);
      if (!models.mtcnn) assertInstalledWeights(Object.values(files));
      return { kind: 'mtcnn', files, minFacePx, thresholds: detection.mtcnnThresholds, factor: detection.mtcnnFactor };
    }
  }
}

/** MobileFaceNet tells people apart best with the landmarks of MTCNN (docs/models.md); YuNet has landmarks, SSD has none. */
function bestDetector({ mtcnn, installedMtcnn, yunet }: FoundModels): 'mtcnn' | 'yunet' | 'ssd' {
  if (mtcnn ?? installedMtcnn) return 'mtcnn';
  return yunet === null ? 'ssd' : 'yunet';
}

function embedderSpec(config: Config, models: FoundModels): EmbedderSpec {
  const { margin, standardisation } = config.embedding;
  const { dataDir } = config.storage;
  const embedder = config.embedding.embedder === 'auto' ? bestEmbedder(config, models) : config.embedding.embedder;
  if (embedder === 'face-api') return { kind: 'face-api' };
  if (!/^facenet(-|$)/.test(embedder)) return { kind: 'arcface', ...findCard(dataDir, embedder) };
  const [, version = ''] = embedder.split(/^facenet-/);
  const facenet = models.facenets.find((file) => file.version.startsWith(version));
  if (!facenet) throw missing(`EMBEDDER=${embedder}`, 'model/<version>/<version>.pb', dataDir);
  return { kind: 'facenet', path: facenet.path, margin, standardisation };
}

/**
 * By default the ArcFace family averages what is enrolled: it misses fewer people, at no cost for recognition. FaceNet stays
 * as in the original system.
 * @throws RostroError `bad_config` for face-api, whose embeddings have no unit length
 */
function flipOf(flip: Flip | undefined, embedder: EmbedderSpec): Flip {
  if (flip === undefined) return embedder.kind === 'arcface' ? 'enrol' : 'off';
  if (flip === 'off' || embedder.kind !== 'face-api') return flip;
  throw new RostroError(
    'bad_config',
    `FLIP=${flip} needs embeddings of unit length, which face-api's do not have; set FLIP=off or another EMBEDDER.`,
  );
}

/** @param name as `rostro models pull` takes it; without one, the files are among those that it fetches by default */
function missing(setting: string, files: string, dataDir: string, name?: string): RostroError {
  const how =
    name === undefined
      ? '"rostro models" shows where to get it and "rostro models pull" fetches it'
      : `"rostro models pull ${name}" fetches it`;
  return new RostroError('model_missing', `${setting} needs ${files} in ${dataDir}; ${how}.`);
}

/**
 * Loads the networks, without a gallery.
 * @param warn called once if `PROVIDER=auto` finds no GPU
 * @throws RostroError if a model file is not usable; `provider_unavailable` if the provider that is set is not
 */
export async function startPipeline(
  config: Config,
  warn: (warning: string) => void = console.error,
  observer: Observer = noObserver,
): Promise<PipelinePool> {
  const spec = pipelineSpec(config);
  const embeddingEngine = spec.engine.kind === 'plugin' ? spec.engine : await fastestEngine(config, warn);
  const onRestart = () => observer.workerRestarted();
  const limits = { ...config.compute, ...config.limits, stuckAfterMs: config.limits.deadlineMs, onRestart };
  // Several processes would each take memory of the GPU.
  const usesGpu = embeddingEngine.kind === 'onnxruntime' && embeddingEngine.provider !== 'cpu';
  return PipelinePool.start({ ...spec, embeddingEngine, embedsApart: spec.embedsApart || usesGpu }, limits);
}

async function fastestEngine(config: Config, warn: (warning: string) => void): Promise<EngineSpec> {
  const { provider: wanted, embeddingThreads: threads } = config.compute;
  const { cacheDir } = config.storage;
  const { provider, warning } = await chooseProvider(wanted, { cacheDir, threads });
  if (warning !== null) warn(warning);
  return { kind: 'onnxruntime', provider };
}
