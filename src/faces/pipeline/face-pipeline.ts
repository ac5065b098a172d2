import { RostroError } from '../../shared/errors.js';
import { SizedQueue } from '../../shared/queue.js';
import { withMirrored } from '../../shared/statistics/vectors.js';
import type { DetectedFace } from '../detect/detector.js';
import type { Embedder, Flip } from '../embed/embedder.js';
import { MEMORY_PER_PIXEL, openImage, type OpenedImage } from '../image/decode.js';
import { isCutOff } from '../image/cut-off.js';
import type { RgbImage } from '../image/image.js';
import { measureQuality } from '../image/quality.js';
import type { LandmarkDetector68 } from '../landmarks/landmarks68.js';
import { alignFaces, embedCentral } from './central-face.js';
import { detectOrFollow } from './detect-or-follow.js';
import { cropFace } from './kept-crop.js';
import { observeFaces } from './observe-faces.js';
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
  ObservedFrame,
  ObserveRequest,
  PhotoRequest,
  Pipeline,
  PipelineInfo,
  PipelineMethod,
  PipelineMethods,
  PipelineRequest,
  PipelineResult,
  TrackingState,
} from './pipeline.js';
import { type FoundFaces, searchPhoto, type SearchParts } from './search.js';

export interface FacePipelineParts extends SearchParts {
  readonly embedder: Embedder;
  /** Loaded with the first frame that is observed. */
  readonly landmarks68: () => Promise<LandmarkDetector68>;
  readonly flip: Flip;
  readonly engine: { readonly name: string; readonly provider: string };
  readonly maxImagePixels: number;
  /** Faces of a photo that are embedded; where there are more, the largest. */
  readonly maxFaces: number;
}

interface SearchedPhoto extends FoundFaces {
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

  detect(request: PhotoRequest): Promise<Detection> {
    return this.find(request, ({ photo, found, place, timingsMs }) => {
      const faces = found.map((face) => ({ ...publicFace(face), ...place(face) }));
      return Promise.resolve({ ...photo, faces, timingsMs });
    });
  }

  analyse({ toEnrol = false, ...request }: AnalysisRequest): Promise<Analysis> {
    return this.find(request, async ({ photo, image, found, place, timingsMs }) => {
      const [faces, embed] = await timed(() =>
        this.embed(
          image,
          largest(found, this.parts.maxFaces, (face) => face),
          toEnrol,
        ),
      );
      const placed = faces.map((face) => ({ ...face, ...place(face) }));
      return { ...photo, faces: placed, facesFound: found.length, timingsMs: { ...timingsMs, embed } };
    });
  }

  enrolmentFace({ face: index, ...request }: EnrolmentRequest): Promise<EnrolmentFace> {
    return this.find(request, async ({ photo, image, found, place, timingsMs }) => {
      const wanted = selectFace(found, index, photo.image, place);
      const [[face], embed] = await timed(() => this.embed(image, [wanted], true));
      const { crop, boxInCrop } = await cropFace(image, face.box);
      const quality = measureQuality(image, face);
      const cutOff = isCutOff(wanted, image);
      const placed = { ...face, ...place(face) };
      return { ...photo, face: placed, crop, boxInCrop, quality, cutOff, timingsMs: { ...timingsMs, embed } };
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
      const cutOff = isCutOff(face, image);
      return { ...publicFace(face), known, appearance, viewScore, embedding, cutOff };
    });
    return { image: sizeOf(image), found, faces, facesFound: all.length, scene, timingsMs: { decode, detect, embed } };
  }

  observe({ bytes }: ObserveRequest): Promise<ObservedFrame> {
    return this.withImage(bytes, async (image) => ({
      image: sizeOf(image),
      faces: await observeFaces(image, this.parts),
    }));
  }

  central(request: CentralRequest): Promise<CentralFace> {
    return this.withImage(request.bytes, (image) => embedCentral(image, this.parts, request));
  }

  align(request: AlignRequest): Promise<Alignment> {
    return this.withImage(request.bytes, (image) => alignFaces(image, this.parts.detector, request));
  }

  /** @param work gets the pixels, and how long decoding took */
  private async withImage<T>(
    bytes: Uint8Array,
    work: (image: RgbImage, decodeMs: number, opened: OpenedImage) => Promise<T>,
    isPhoto = false,
  ): Promise<T> {
    const [opened, openMs] = await timed(() =>
      openImage(bytes, { maxPixels: this.parts.maxImagePixels, shrinks: isPhoto }),
    );
    return this.memory.run(opened.memoryBytes, async () => {
      const [image, decodeMs] = await timed(opened.decode);
      return work(image, openMs + decodeMs, opened);
    });
  }

  private find<T>({ bytes, tiles = false }: PhotoRequest, work: (found: SearchedPhoto) => Promise<T>): Promise<T> {
    const search = async (image: RgbImage, decode: number, opened: OpenedImage) => {
      const [found, detect] = await timed(() => searchPhoto(this.parts, image, opened, tiles));
      return work({ ...found, timingsMs: { decode, detect } });
    };
    return this.withImage(bytes, search, true);
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
function selectFace(
  found: readonly DetectedFace[],
  wanted: number | undefined,
  image: ImageSize,
  place: FoundFaces['place'],
): DetectedFace {
  const faces = found.map((face) => ({ box: place(face).box, confidence: face.confidence }));
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
