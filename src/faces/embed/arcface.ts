import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Engine, Session } from '../../engine/engine.js';
import type { ModelCard } from '../../models/card.js';
import { cachedOnnx } from '../../models/convert/cache.js';
import { inputDims } from '../../models/convert/onnx/onnx-reader.js';
import { runnableOnnx } from '../../models/convert/runnable-onnx.js';
import { convertTflite } from '../../models/convert/tflite/convert.js';
import { RostroError } from '../../shared/errors.js';
import { fitSimilarity, warpSquare } from '../image/align.js';
import type { Landmarks5 } from '../image/box.js';
import { mirrorRows, type RgbImage } from '../image/image.js';
import type { EmbedderContract, EmbeddingNetwork, FaceCropper, FaceRegion } from './embedder.js';

export interface ArcfaceOptions {
  readonly card: ModelCard;
  /** The network's file, ONNX or TensorFlow Lite. */
  readonly path: string;
  readonly cacheDir: string;
}

/** Faces that go through the network at once; more only costs memory. */
const BATCH = 16;
/** The side for which a card's template is written. */
const TEMPLATE_SIDE = 112;

/**
 * Cuts the aligned square of each face, R G B interleaved (HWC), 0..255: the similarity that brings the five landmarks
 * nearest to the card's template, bilinear, black outside of the photo.
 * @param locate finds the landmarks of faces whose detector gives none
 */
export function arcfaceCropper(
  { size, template }: Pick<ModelCard, 'size' | 'template'>,
  locate: (image: RgbImage, faces: readonly FaceRegion[]) => Promise<readonly Landmarks5[]>,
): FaceCropper {
  const target = template.map(([x, y]) => ({ x: (x * size) / TEMPLATE_SIDE, y: (y * size) / TEMPLATE_SIDE }));
  return {
    async crop(image, faces) {
      const values = 3 * size * size;
      const crops = new Float32Array(faces.length * values);
      const bare = faces.filter(({ landmarks }) => !landmarks);
      const located = bare.length === 0 ? [] : await locate(image, bare);
      faces.forEach((face, i) => {
        const points = face.landmarks ?? located[bare.indexOf(face)];
        warpSquare(image, fitSimilarity(points, target), size, crops.subarray(i * values, (i + 1) * values));
      });
      return crops;
    },
    mirror: (crops) => mirrorRows(crops, size, 3),
  };
}

/**
 * Loads a network of the family and runs it on one blank face, which warms it up and shows what it puts out.
 * @throws RostroError `model_missing`; `checksum_mismatch` where the file is not the one of the card; `bad_model_file` where the
 *   file is damaged or does not do what its card says
 */
export async function loadArcface(engine: Engine, options: ArcfaceOptions): Promise<EmbeddingNetwork> {
  const { path, contract } = await checkedOnnx(options);
  const runnable = path === options.path ? await runnableOnnx(engine, path, options.cacheDir) : path;
  const session = await engine.load(runnable).catch((cause: unknown) => {
    throw new RostroError('bad_model_file', `${options.path}: the engine cannot load it.`, { cause });
  });
  try {
    return await checkedNetwork(session, engine.provider, contract, options);
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function checkedNetwork(
  session: Session,
  provider: string,
  contract: EmbedderContract,
  options: ArcfaceOptions,
): Promise<ArcfaceNetwork> {
  const { card } = options;
  const network = new ArcfaceNetwork(
    session,
    provider,
    card,
    contract,
    fixedBatch(session.inputDims, options) ?? BATCH,
  );
  const [probe] = await network.embed(new Float32Array(network.cropLength)).catch((cause: unknown) => {
    throw new RostroError(
      'bad_model_file',
      `${options.path}: the network does not run on a ${card.size}×${card.size} face.`,
      { cause },
    );
  });
  if (probe.length === card.dimension) return network;
  throw mismatch(options, 'dimension', `${card.dimension} values`, `${probe.length}`);
}

/** The contract of the network without loading it. @throws RostroError as {@link loadArcface} */
export async function arcfaceContract(options: ArcfaceOptions): Promise<EmbedderContract> {
  const { path, contract } = await checkedOnnx(options);
  fixedBatch([inputDimsOf(await readFile(path), options.path)], options);
  return contract;
}

async function checkedOnnx(options: ArcfaceOptions): Promise<{ path: string; contract: EmbedderContract }> {
  const { path, contentHash } = await onnxOf(options);
  const { card } = options;
  if (card.sha256 !== null && card.sha256 !== contentHash) {
    throw new RostroError(
      'checksum_mismatch',
      `${options.path} has another SHA-256 than its card says: ${contentHash}, not ${card.sha256}.`,
    );
  }
  return { path, contract: contractOf(card, contentHash) };
}

/** A TensorFlow Lite file is converted once; an ONNX file is itself. */
async function onnxOf({ card, path, cacheDir }: ArcfaceOptions): Promise<{ path: string; contentHash: string }> {
  if (card.file.endsWith('.tflite')) {
    return cachedOnnx({
      cacheDir,
      converter: 'tflite-3',
      sources: [path],
      convert: ([bytes]) => convertTflite(bytes).onnx,
    });
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new RostroError('model_missing', `The model file ${path} is not there.`, { details: { file: path }, cause });
  });
  return { path, contentHash: createHash('sha256').update(bytes).digest('hex') };
}

/** @returns the batch that the network fixes, null where it is free */
function fixedBatch([dims, ...others]: Session['inputDims'], options: ArcfaceOptions): number | null {
  const { card } = options;
  if (others.length > 0) {
    throw new RostroError('bad_model_file', `${options.path}: it has ${others.length + 1} inputs, not one.`);
  }
  const expected = card.layout === 'NCHW' ? [3, card.size, card.size] : [card.size, card.size, 3];
  const fits =
    dims.length === 4 && expected.every((size, i) => typeof dims[i + 1] === 'string' || dims[i + 1] === size);
  if (!fits) throw mismatch(options, 'layout" and "size', `[N, ${expected.join(', ')}]`, `[${dims.join(', ')}]`);
  const [batch] = dims;
  return typeof batch === 'number' && batch > 0 ? batch : null;
}

/** @throws RostroError `bad_model_file` that names the file */
function inputDimsOf(onnx: Uint8Array, path: string): ReturnType<typeof inputDims> {
  try {
    return inputDims(onnx);
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    throw new RostroError('bad_model_file', `${path}: ${error.message}.`, { cause: error });
  }
}

function mismatch({ card, path }: ArcfaceOptions, field: string, said: string, found: string): RostroError {
  return new RostroError(
    'bad_model_file',
    `${path}: the card of ${card.name} says ${said} ("${field}"), but the network has ${found}.`,
  );
}

/** What decides an embedding: the weights, and how a face is brought before them. */
function contractOf(card: ModelCard, contentHash: string): EmbedderContract {
  const { layout, colour, mean, scale, size, template } = card;
  const input = createHash('sha256')
    .update(JSON.stringify([layout, colour, mean, scale, size, template]))
    .digest('hex');
  return {
    id: `${card.name}-${contentHash.slice(0, 12)}-five-points-${input.slice(0, 8)}`,
    name: card.name,
    dimension: card.dimension,
    inputSizePx: size,
    threshold: DEFAULT_THRESHOLD,
    ...(card.impostors.length > 0 && { impostors: card.impostors, thresholdFollowsGallery: true }),
    adoptsUnlabelledRows: false,
  };
}

/** For cards without an impostor table; with one, the threshold follows the gallery. */
const DEFAULT_THRESHOLD = 1.1;

class ArcfaceNetwork implements EmbeddingNetwork {
  readonly cropLength: number;

  constructor(
    private readonly session: Session,
    readonly provider: string,
    private readonly card: ModelCard,
    readonly contract: EmbedderContract,
    /** Faces a run; the last run of a network with a fixed batch is filled with blank ones. */
    private readonly batch: number,
  ) {
    this.cropLength = 3 * card.size * card.size;
  }

  async embed(crops: Float32Array): Promise<Float32Array[]> {
    const count = crops.length / this.cropLength;
    const embeddings: Float32Array[] = [];
    for (let from = 0; from < count; from += this.batch)
      embeddings.push(...(await this.embedBatch(crops, from, Math.min(this.batch, count - from))));
    return embeddings;
  }

  private async embedBatch(crops: Float32Array, from: number, count: number): Promise<Float32Array[]> {
    const { size, layout, colour } = this.card;
    const rows = this.batch === BATCH ? count : this.batch;
    const given = crops.subarray(from * this.cropLength, (from + count) * this.cropLength);
    // In place where the network reads the crops in their own order.
    const data =
      layout === 'NHWC' && colour === 'RGB' && rows === count ? given : new Float32Array(rows * this.cropLength);
    for (let i = 0; i < count; i++) this.standardise(given, data, i * this.cropLength);
    const dims = layout === 'NCHW' ? [rows, 3, size, size] : [rows, size, size, 3];
    const output = (await this.session.run({ [this.session.inputs[0]]: { data, dims } }))[this.session.outputs[0]];
    const dimension = output.data.length / rows;
    return Array.from({ length: count }, (_, i) => unit(output.data.slice(i * dimension, (i + 1) * dimension)));
  }

  /** One crop at `at`, R G B interleaved 0..255, as the card says. */
  private standardise(crops: Float32Array, data: Float32Array, at: number): void {
    const { size, layout, colour, mean, scale } = this.card;
    const pixels = size * size;
    for (let c = 0; c < 3; c++) {
      const source = at + (colour === 'RGB' ? c : 2 - c);
      const [start, step] = layout === 'NCHW' ? [at + c * pixels, 1] : [at + c, 3];
      for (let p = 0; p < pixels; p++) data[start + p * step] = (crops[source + 3 * p] - mean) / scale;
    }
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** Brought to unit length, so that plain Euclidean distance is 0..2; a vector of zeros stays one. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
