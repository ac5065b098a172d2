import sharp from 'sharp';
import { RostroError } from '../../shared/errors.js';
import { SizedQueue } from '../../shared/queue.js';
import { withMirrored } from '../../shared/statistics/vectors.js';
import type { DetectedFace, Detector } from '../detect/detector.js';
import type { Embedder, Flip } from '../embed/embedder.js';
import type { Box } from '../image/box.js';
import { MEMORY_PER_PIXEL, openImage } from '../image/decode.js';
import { regionAround, type RgbImage } from '../image/image.js';
import { measureQuality } from '../image/quality.js';
import { alignFaces, embedCentral } from './central-face.js';
import { detectOrFollow } from './detect-or-follow.js';
import type {
  Alignment,
  AlignRequest,
  Analysis,
  AnalysisRequest,
  CentralFace,
  CentralRequest,
  Detection,
  DetectTimings,
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
  TrackingState,
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

interface FoundFaces {
  readonly image: RgbImage;
  readonly found: readonly DetectedFace[];
  readonly timingsMs: DetectTimings;
}

/** Runs the networks on the calling thread; the server uses it in worker threads only. */
export class FacePipeline implements Pipeline, PipelineMethods {
  readonly info: PipelineInfo;
  /** Photos that together take more memory wait for each other. */
  private readonly memory: SizedQueue;

  constructor(private readonly parts: FacePipelineParts) {
    this.memory = new SizedQueue(parts.maxImagePixels * MEMORY_PER_PIXEL);
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

  detect({ bytes }: PhotoRequest): Promise<Detection> {
    return this.find(bytes, ({ image, found, timingsMs }) => {
      return Promise.resolve({ image: sizeOf(image), faces: found.map(publicFace), timingsMs });
    });
  }

  analyse({ bytes, toEnrol = false }: AnalysisRequest): Promise<Analysis> {
    return this.find(bytes, async ({ image, found, timingsMs }) => {
      const [faces, embed] = await timed(() =>
        this.embed(
          image,
          largest(found, this.parts.maxFaces, (face) => face),
          toEnrol,
        ),
      );
      return { image: sizeOf(image), faces, facesFound: found.length, timingsMs: { ...timingsMs, embed } };
    });
  }

  enrolmentFace({ bytes, face: index }: EnrolmentRequest): Promise<EnrolmentFace> {
    return this.find(bytes, async ({ image, found, timingsMs }) => {
      const wanted = selectFace(found, index, sizeOf(image));
      const [[face], embed] = await timed(() => this.embed(image, [wanted], true));
      const { crop, boxInCrop } = await cropFace(image, face.box);
      const quality = measureQuality(image, face);
      return { image: sizeOf(image), face, crop, boxInCrop, quality, timingsMs: { ...timingsMs, embed } };
    });
  }

  live({ frame, state }: LiveRequest): Promise<LiveFrame> {
    if (!(frame instanceof Uint8Array)) return this.follow(frame, 0, state);
    return this.withImage(frame, (image, decode) => this.follow(image, decode, state));
  }

  private async follow(image: RgbImage, decode: number, state: TrackingState): Promise<LiveFrame> {
    const { detector, maxFaces } = this.parts;
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

  central(request: CentralRequest): Promise<CentralFace> {
    return this.withImage(request.bytes, (image) => embedCentral(image, this.parts, request));
  }

  align(request: AlignRequest): Promise<Alignment> {
    return this.withImage(request.bytes, (image) => alignFaces(image, this.parts.detector, request));
  }

  /** @param work gets the pixels, and how long decoding took */
  private async withImage<T>(bytes: Uint8Array, work: (image: RgbImage, decodeMs: number) => Promise<T>): Promise<T> {
    const [{ memoryBytes, decode }, openMs] = await timed(() =>
      openImage(bytes, { maxPixels: this.parts.maxImagePixels }),
    );
    return this.memory.run(memoryBytes, async () => {
      const [image, decodeMs] = await timed(decode);
      return work(image, openMs + decodeMs);
    });
  }

  private find<T>(bytes: Uint8Array, work: (found: FoundFaces) => Promise<T>): Promise<T> {
    return this.withImage(bytes, async (image, decode) => {
      const [found, detect] = await timed(() => this.parts.detector.detect(image));
      return work({ image, found, timingsMs: { decode, detect } });
    });
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
