import sharp from 'sharp';
import { RostroError } from '../../shared/errors.js';
import { withMirrored } from '../../shared/statistics/vectors.js';
import type { DetectedFace, Detector } from '../detect/detector.js';
import type { Embedder, Flip } from '../embed/embedder.js';
import type { Box } from '../image/box.js';
import { withMargin } from '../image/crop-area.js';
import { decodeImage } from '../image/decode.js';
import { quantise, regionAround, type RgbImage } from '../image/image.js';
import { measureQuality } from '../image/quality.js';
import { resampleRegion } from '../image/resample.js';
import { centralFace, embedCentral } from './central-face.js';
import { detectOrFollow } from './detect-or-follow.js';
import type {
  AlignedFace,
  Alignment,
  AlignOptions,
  AlignRequest,
  Analysis,
  AnalysisRequest,
  CentralFace,
  CentralRequest,
  Detection,
  EmbeddedFace,
  EnrolmentFace,
  EnrolmentRequest,
  Face,
  ImageSize,
  LiveFrame,
  LiveRequest,
  PhotoRequest,
  Pipeline,
  PipelineInfo,
  PipelineMethod,
  PipelineMethods,
  PipelineRequest,
  PipelineResult,
} from './pipeline.js';

export interface FacePipelineParts {
  readonly detector: Detector;
  readonly embedder: Embedder;
  readonly flip: Flip;
  readonly engine: { readonly name: string; readonly provider: string };
  readonly maxImagePixels: number;
  /** Faces of a photo that are embedded; where there are more, the largest. */
  readonly maxFaces: number;
}

/** Runs the networks on the calling thread; the server uses it in worker threads only. */
export class FacePipeline implements Pipeline, PipelineMethods {
  readonly info: PipelineInfo;

  constructor(private readonly parts: FacePipelineParts) {
    this.info = {
      detector: parts.detector.id,
      engine: parts.engine.name,
      provider: parts.engine.provider,
      contract: parts.embedder.contract,
    };
  }

  run<M extends PipelineMethod>(method: M, request: PipelineRequest<M>): Promise<PipelineResult<M>> {
    return callMethod(this, method, request);
  }

  async detect({ bytes }: PhotoRequest): Promise<Detection> {
    const { image, found, timingsMs } = await this.find(bytes);
    return { image: sizeOf(image), faces: found.map(publicFace), timingsMs };
  }

  async analyse({ bytes, toEnrol = false }: AnalysisRequest): Promise<Analysis> {
    const { image, found, timingsMs } = await this.find(bytes);
    const [faces, embed] = await timed(() =>
      this.embed(
        image,
        largest(found, this.parts.maxFaces, (face) => face),
        toEnrol,
      ),
    );
    return { image: sizeOf(image), faces, facesFound: found.length, timingsMs: { ...timingsMs, embed } };
  }

  async enrolmentFace({ bytes, face: index }: EnrolmentRequest): Promise<EnrolmentFace> {
    const { image, found, timingsMs } = await this.find(bytes);
    const [[face], embed] = await timed(async () => this.embed(image, [selectFace(found, index, sizeOf(image))], true));
    const { crop, boxInCrop } = await cropFace(image, face.box);
    const quality = measureQuality(image, face);
    return { image: sizeOf(image), face, crop, boxInCrop, quality, timingsMs: { ...timingsMs, embed } };
  }

  async live({ frame, state }: LiveRequest): Promise<LiveFrame> {
    const { detector, maxFaces } = this.parts;
    const [image, decode] = await timed(async () => (frame instanceof Uint8Array ? this.decode(frame) : frame));
    const [{ found, faces: all, scene }, detect] = await timed(() => detectOrFollow(image, detector, state));
    const kept = largest(all, maxFaces, ({ face }) => face);
    const toEmbed = kept.filter(({ embed }) => embed);
    const [embeddings, embed] = await timed(() =>
      this.embeddings(
        image,
        toEmbed.map(({ face }) => face),
        false,
      ),
    );
    const faces = kept.map((frameFace) => {
      const { face, known, appearance, viewScore } = frameFace;
      const embedding = frameFace.embed ? embeddings[toEmbed.indexOf(frameFace)] : null;
      return { ...publicFace(face), known, appearance, viewScore, embedding };
    });
    return { image: sizeOf(image), found, faces, facesFound: all.length, scene, timingsMs: { decode, detect, embed } };
  }

  async central(request: CentralRequest): Promise<CentralFace> {
    return embedCentral(await this.decode(request.bytes), this.parts, request);
  }

  async align(request: AlignRequest): Promise<Alignment> {
    return alignFaces(await this.decode(request.bytes), this.parts.detector, request);
  }

  private decode(bytes: Uint8Array): Promise<RgbImage> {
    return decodeImage(bytes, { maxPixels: this.parts.maxImagePixels });
  }

  private async find(bytes: Uint8Array) {
    const [image, decode] = await timed(() => this.decode(bytes));
    const [found, detect] = await timed(() => this.parts.detector.detect(image));
    return { image, found, timingsMs: { decode, detect } };
  }

  private async embed(image: RgbImage, found: readonly DetectedFace[], toEnrol: boolean): Promise<EmbeddedFace[]> {
    const embeddings = await this.embeddings(image, found, toEnrol);
    return found.map((face, i) => ({ ...publicFace(face), embedding: embeddings[i] }));
  }

  /** One vector per face, averaged with that of the mirrored face where `flip` says so. */
  private async embeddings(image: RgbImage, found: readonly DetectedFace[], toEnrol: boolean): Promise<Float32Array[]> {
    const { embedder, flip } = this.parts;
    if (flip === 'off' || (flip === 'enrol' && !toEnrol)) return embedder.embed(image, found);
    const pairs = await embedder.embedWithMirrored(image, found);
    return pairs.map(({ embedding, mirrored }) => withMirrored(embedding, mirrored, 'average'));
  }
}

function callMethod<M extends PipelineMethod>(
  methods: { readonly [K in PipelineMethod]: (request: PipelineRequest<K>) => Promise<PipelineResult<K>> },
  method: M,
  request: PipelineRequest<M>,
): Promise<PipelineResult<M>> {
  return methods[method](request);
}

/** The `count` largest, in their order. */
function largest<T>(found: readonly T[], count: number, faceOf: (item: T) => DetectedFace): readonly T[] {
  if (found.length <= count) return found;
  const area = (item: T) => faceOf(item).box.width * faceOf(item).box.height;
  const bySize = [...found].sort((a, b) => area(b) - area(a)).slice(0, count);
  return found.filter((item) => bySize.includes(item));
}

/** The face to enrol: the only one, or the one at `wanted`. */
function selectFace(found: readonly DetectedFace[], wanted: number | undefined, image: ImageSize): DetectedFace {
  const faces = found.map(({ box, confidence }) => ({ box, confidence }));
  if (found.length === 0) throw new RostroError('no_face', 'No face was found in the photo.', { details: { image } });
  if (wanted !== undefined && !(wanted in found)) {
    throw new RostroError('bad_request', `The photo shows ${found.length} faces; there is no face ${wanted}.`, {
      details: { image, faces },
    });
  }
  if (wanted === undefined && found.length > 1) {
    throw new RostroError(
      'several_faces',
      `The photo shows ${found.length} faces; say which one is meant with the field "face" (0 is the first), or send a photo of one.`,
      { details: { image, faces } },
    );
  }
  return found[wanted ?? 0];
}

function publicFace({ box, confidence, landmarks }: DetectedFace): Face {
  return { box, confidence, landmarks };
}

function sizeOf({ width, height }: RgbImage) {
  return { width, height };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

/**
 * The central face, or every face, cut out with its margin and stretched to a square, as FaceNet's input is (but rounded
 * to 8 bits). Ports align_dataset_mtcnn.py of davidsandberg/facenet, with the crop of this project.
 */
export async function alignFaces(image: RgbImage, detector: Detector, options: AlignOptions): Promise<Alignment> {
  const found = await detector.detect(image);
  const central = centralFace(found, image);
  const wanted = options.everyFace || central === null ? found : [central];
  return {
    image: { width: image.width, height: image.height },
    facesFound: found.length,
    faces: await Promise.all(wanted.map((face) => alignedFace(image, face, options))),
  };
}

async function alignedFace(
  image: RgbImage,
  { box, confidence, landmarks }: DetectedFace,
  { sizePx, margin }: AlignOptions,
): Promise<AlignedFace> {
  const pixels = new Float32Array(3 * sizePx * sizePx);
  resampleRegion(image, withMargin(box, margin, image.width, image.height), sizePx, sizePx, pixels);
  const raw = { width: sizePx, height: sizePx, channels: 3 } as const;
  const png = await sharp(quantise(pixels), { raw }).png().toBuffer();
  return { box, confidence, landmarks, png };
}

/** Side of the kept crop in longer sides of the face box: room for any embedder's margin and for detecting again. */
const CROP_SCALE = 2;
/** A larger crop is shrunk to this side; the input of FaceNet is 160 px. */
const MAX_SIDE_PX = 800;
const JPEG_QUALITY = 95;

/** The face with its surroundings as JPEG, cut at the edges of the picture. */
export async function cropFace(image: RgbImage, face: Box): Promise<{ crop: Uint8Array; boxInCrop: Box }> {
  const { x: left, y: top, width, height } = regionAround(face, CROP_SCALE, image);
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));

  const crop = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract({ left, top, width, height })
    .resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' })
    .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const boxInCrop = {
    x: (face.x - left) * scale,
    y: (face.y - top) * scale,
    width: face.width * scale,
    height: face.height * scale,
  };
  return { crop, boxInCrop };
}
