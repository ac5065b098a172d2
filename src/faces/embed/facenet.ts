import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Engine, Session, Tensor } from '../../engine/engine.js';
import { type CachedModel, cachedOnnx } from '../../models/convert/cache.js';
import { outputDims } from '../../models/convert/onnx/onnx-reader.js';
import { convertGraphDef } from '../../models/convert/tensorflow/convert.js';
import { type Margin, withMargin } from '../image/crop-area.js';
import { mirrorRows } from '../image/image.js';
import { resampleRegion } from '../image/resample.js';
import {
  type Embedder,
  type EmbedderContract,
  createEmbedder,
  type EmbeddingNetwork,
  type FaceCropper,
} from './embedder.js';

const INPUT_SIZE_PX = 160;
const PIXEL_VALUES = INPUT_SIZE_PX * INPUT_SIZE_PX * 3;
/** Output values of the 2017 networks; those of 2018 have 512. Source: davidsandberg/facenet README and wiki. */
const DIMENSION_2017 = 128;
/** Faces per run; larger batches only cost memory. */
const BATCH = 16;
/** The original system's value; `rostro calibrate` finds a better one for a gallery. */
const THRESHOLD = 1.1;
/**
 * Of FaceNet 20180402-114759 with its default input: 235,641 pairs of 687 people of LFW, with MTCNN:
 * `EMBEDDER=facenet-2018 DETECTOR=mtcnn ROSTRO_DATA=../shared/models npx tsx bench/impostors.ts`.
 */
const IMPOSTORS_2018 = [
  [10, 1.23],
  [100, 1.068],
  [1000, 0.926],
  [10_000, 0.819],
  [100_000, 0.756],
] as const;
const MEASURED_VERSION = '20180402-114759';
export const DEFAULT_MARGIN: Margin = { share: 0.28 };

const GRAPH = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: INPUT_SIZE_PX };
const CONVERTER = 'graphdef-1';

export type Standardisation = 'fixed' | 'prewhiten';

export interface FacenetOptions {
  /** The frozen graph, for example `model/20180402-114759/20180402-114759.pb`; its base name is the version. */
  readonly path: string;
  readonly cacheDir: string;
  readonly margin?: Margin;
  /** Default: the one that the network was trained with. The other one is for measurements. */
  readonly standardisation?: Standardisation;
}

/** @throws RostroError `model_missing`, `bad_model_file`, `unsupported_graph` */
export async function loadFacenet(engine: Engine, options: FacenetOptions): Promise<Embedder> {
  return createEmbedder(facenetCropper(options), await loadFacenetNetwork(engine, options));
}

/** Crops the box with its margin, stretched to 160×160, interleaved R G B (HWC), 0..255. */
export function facenetCropper({ margin = DEFAULT_MARGIN }: Pick<FacenetOptions, 'margin'>): FaceCropper {
  return {
    crop(image, faces) {
      const crops = new Float32Array(faces.length * PIXEL_VALUES);
      faces.forEach(({ box }, i) => {
        const pixels = crops.subarray(i * PIXEL_VALUES, (i + 1) * PIXEL_VALUES);
        const region = withMargin(box, margin, image.width, image.height);
        resampleRegion(image, region, INPUT_SIZE_PX, INPUT_SIZE_PX, pixels);
      });
      return Promise.resolve(crops);
    },
    mirror: (crops) => mirrorRows(crops, INPUT_SIZE_PX, 3),
  };
}

/**
 * Converts the frozen graph (once; later calls read the converted network from `cacheDir`) and runs it on a blank face,
 * which warms it up and gives the embedding length.
 * @throws RostroError `model_missing`, `bad_model_file`, `unsupported_graph`
 */
export async function loadFacenetNetwork(engine: Engine, options: FacenetOptions): Promise<EmbeddingNetwork> {
  const model = await convertModel(options);
  const session = await engine.load(model.path);
  const { embeddings } = await session.run({ input: inputTensor(new Float32Array(PIXEL_VALUES)) });
  const dimension = embeddings.dims[1];
  const isFixed = (options.standardisation ?? trainedStandardisation(dimension)) === 'fixed';
  const standardise = isFixed ? standardiseFixed : prewhiten;
  return new FacenetNetwork(session, engine.provider, standardise, contractOf(model, dimension, options));
}

/** The contract, without loading the network. @throws RostroError as {@link loadFacenetNetwork} */
export async function facenetContract(options: FacenetOptions): Promise<EmbedderContract> {
  const model = await convertModel(options);
  const [, dimension] = outputDims(await readFile(model.path), GRAPH.output);
  return contractOf(model, dimension as number, options);
}

function convertModel({ cacheDir, path }: FacenetOptions): Promise<CachedModel> {
  return cachedOnnx({
    cacheDir,
    converter: CONVERTER,
    sources: [path],
    convert: ([bytes]) => convertGraphDef(bytes, GRAPH).onnx,
  });
}

function contractOf({ contentHash }: CachedModel, dimension: number, options: FacenetOptions): EmbedderContract {
  const { path, margin = DEFAULT_MARGIN, standardisation = trainedStandardisation(dimension) } = options;
  const cropId = 'px' in margin ? `stretched-${margin.px}px` : `square-${margin.share * 100}%`;
  const version = basename(path, '.pb');
  const standardised = standardisation === 'fixed' ? 'fixed' : 'prewhitened';
  const isMeasured = version === MEASURED_VERSION && options.margin === undefined && standardisation === 'fixed';
  return {
    id: `facenet-${version}-${contentHash.slice(0, 12)}-${cropId}-${standardised}`,
    name: `facenet-${version}`,
    dimension,
    inputSizePx: INPUT_SIZE_PX,
    threshold: THRESHOLD,
    ...(isMeasured && { impostors: IMPOSTORS_2018 }),
    adoptsUnlabelledRows: dimension === DIMENSION_2017,
  };
}

function trainedStandardisation(dimension: number): Standardisation {
  return dimension === DIMENSION_2017 ? 'prewhiten' : 'fixed';
}

/** Inception-ResNet-v1 as trained by David Sandberg: standardised crop -> unit vector. */
class FacenetNetwork implements EmbeddingNetwork {
  readonly cropLength = PIXEL_VALUES;

  constructor(
    private readonly session: Session,
    readonly provider: string,
    private readonly standardise: (pixels: Float32Array) => void,
    readonly contract: EmbedderContract,
  ) {}

  async embed(crops: Float32Array): Promise<Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (let from = 0; from < crops.length; from += BATCH * PIXEL_VALUES) {
      embeddings.push(...(await this.embedBatch(crops.subarray(from, from + BATCH * PIXEL_VALUES))));
    }
    return embeddings;
  }

  private async embedBatch(crops: Float32Array): Promise<Float32Array[]> {
    for (let from = 0; from < crops.length; from += PIXEL_VALUES) {
      this.standardise(crops.subarray(from, from + PIXEL_VALUES));
    }
    const { embeddings } = await this.session.run({ input: inputTensor(crops) });
    const [count, dimension] = embeddings.dims;
    return Array.from({ length: count }, (_, i) => embeddings.data.slice(i * dimension, (i + 1) * dimension));
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}

function inputTensor(pixels: Float32Array): Tensor {
  return { data: pixels, dims: [pixels.length / PIXEL_VALUES, INPUT_SIZE_PX, INPUT_SIZE_PX, 3] };
}

/**
 * Fixed standardisation, in place: (x - 127.5) / 128, which maps 0..255 to about -1..1. Used to train the 2018 FaceNet
 * networks (davidsandberg/facenet `src/train_softmax.py`, --use_fixed_image_standardization).
 */
export function standardiseFixed(pixels: Float32Array): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] - 127.5) / 128;
}

/**
 * Per-image standardisation ("prewhitening"), in place: mean 0 and standard deviation 1 over all values of one crop,
 * the deviation at least 1 / sqrt(count). Used to train the 2017 FaceNet networks (davidsandberg/facenet
 * `src/facenet.py`, prewhiten).
 */
export function prewhiten(pixels: Float32Array): void {
  let sum = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  let squares = 0;
  for (const value of pixels) squares += (value - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / pixels.length), 1 / Math.sqrt(pixels.length));
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] - mean) / deviation;
}
