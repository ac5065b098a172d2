import { RostroError } from '../../shared/errors.js';
import { SizedQueue } from '../../shared/queue.js';
import { withMirrored } from '../../shared/statistics/vectors.js';
import type { AttributeName, AttributeReader } from '../attributes/attributes.js';
import type { DetectedFace } from '../detect/detector.js';
import type { Embedder, Flip } from '../embed/embedder.js';
import { MEMORY_PER_PIXEL, openImage, type OpenedImage } from '../image/decode.js';
import { isCutOff } from '../image/cut-off.js';
import type { RgbImage } from '../image/image.js';
import type { Liveness, LivenessCheck } from '../liveness/liveness.js';
import { measureQuality } from '../image/quality.js';
import type { LandmarkDetector68 } from '../landmarks/landmarks68.js';
import { alignFaces, embedCentral } from './central-face.js';
import { detectOrFollow } from './detect-or-follow.js';
import { cropFace, withCrops } from './kept-crop.js';
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
} from './pipeline.js';
import { type FoundFaces, largest, searchPhoto, type SearchParts, selectFace } from './search.js';

export interface FacePipelineParts extends SearchParts {
  readonly embedder: Embedder;
  /** Loaded with the first frame that is observed. */
  readonly landmarks68: () => Promise<LandmarkDetector68>;
  readonly flip: Flip;
  /** Null: liveness is not judged. */
  readonly liveness: LivenessCheck | null;
  /** Null where `ATTRIBUTES=off` forbids it. */
  readonly attributes: AttributeReader | null;
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
      livenessThreshold: parts.liveness?.threshold ?? null,
      attributes: parts.attributes !== null,
    };
  }

  run<M extends PipelineMethod>(method: M, request: PipelineRequest<M>): Promise<PipelineResult<M>> {
    return callMethod(this, method, request);
  }

  detect(request: PhotoRequest): Promise<Detection> {
    return this.find(request, async ({ photo, image, found, place, timingsMs }) => {
      const kept = largest(found, this.parts.maxFaces, (face) => face);
      const { read, times } = await this.attributes(image, kept, request.attributes);
      const live = await this.judgeAll(image, kept, request);
      const faces = found.map((face) => {
        const i = kept.indexOf(face);
        return { ...publicFace(face), ...place(face), live: live[i] ?? null, ...read[i] };
      });
      return { ...photo, faces, timingsMs: { ...timingsMs, ...times } };
    });
  }

  analyse({ toEnrol = false, ...request }: AnalysisRequest): Promise<Analysis> {
    return this.find(request, async ({ photo, image, found, place, timingsMs }) => {
      const kept = largest(found, this.parts.maxFaces, (face) => face);
      const [faces, embed] = await timed(() => this.embed(image, kept, { ...request, toEnrol }));
      const { read, times } = await this.attributes(image, kept, request.attributes);
      const placed = faces.map((face, i) => ({ ...face, ...place(face), ...read[i] }));
      return { ...photo, faces: placed, facesFound: found.length, timingsMs: { ...timingsMs, embed, ...times } };
    });
  }

  enrolmentFace({ face: index, ...request }: EnrolmentRequest): Promise<EnrolmentFace> {
    return this.find(request, async ({ photo, image, found, place, timingsMs }) => {
      const wanted = selectFace(found, index, photo.image, place);
      const [[face], embed] = await timed(() => this.embed(image, [wanted], { toEnrol: true }));
      const { crop, boxInCrop } = await cropFace(image, face.box);
      const quality = measureQuality(image, face, face.live?.score ?? null);
      const cutOff = isCutOff(wanted, image);
      const placed = { ...face, ...place(face) };
      return { ...photo, face: placed, crop, boxInCrop, quality, cutOff, timingsMs: { ...timingsMs, embed } };
    });
  }

  live({ frame, crops = false, ...request }: LiveRequest): Promise<LiveFrame> {
    const follow = async (image: RgbImage, decode: number) => {
      const found = await this.follow(image, decode, request);
      return crops ? { ...found, faces: await withCrops(found.faces, image) } : found;
    };
    return frame instanceof Uint8Array ? this.withImage(frame, follow) : follow(frame, 0);
  }

  private async follow(
    image: RgbImage,
    decode: number,
    { state, liveness }: Pick<LiveRequest, 'state' | 'liveness'>,
  ): Promise<LiveFrame> {
    const { detector, maxFaces } = this.parts;
    const [{ found, faces: all, scene }, detect] = await timed(() => detectOrFollow(image, detector, state));
    const kept = largest(all, maxFaces, ({ face }) => face);
    const toEmbed = kept.filter(({ embed }) => embed);
    const [embedded, embed] = await timed(() =>
      this.embed(
        image,
        toEmbed.map(({ face }) => face),
        { liveness },
      ),
    );
    const faces = kept.map((frameFace) => {
      const { face, known, appearance, viewScore } = frameFace;
      const { embedding, live } = embedded[toEmbed.indexOf(frameFace)] ?? { embedding: null, live: null };
      const quality = frameFace.embed ? measureQuality(image, face).score : null;
      const cutOff = isCutOff(face, image);
      return { ...publicFace(face), known, appearance, viewScore, embedding, live, quality, cutOff };
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

  private async find<T>(
    { bytes, tiles, upright, attributes = [] }: PhotoRequest,
    work: (found: SearchedPhoto) => Promise<T>,
  ): Promise<T> {
    if (attributes.length > 0 && this.parts.attributes === null) {
      throw new RostroError(
        'attributes_off',
        'This server guesses no attributes of faces: it runs with ATTRIBUTES=off.',
      );
    }
    const search = async (image: RgbImage, decode: number, opened: OpenedImage) => {
      const [found, detect] = await timed(() => searchPhoto(this.parts, image, opened, { tiles, upright }));
      return work({ ...found, timingsMs: { decode, detect } });
    };
    return this.withImage(bytes, search, true);
  }

  /** @returns the field `attributes` of each face, in order, and the time; nothing where nothing was asked for */
  private async attributes(image: RgbImage, faces: readonly DetectedFace[], names: readonly AttributeName[] = []) {
    const reader = this.parts.attributes;
    if (names.length === 0 || reader === null) return { read: [], times: {} };
    const [read, attributes] = await timed(() => reader.read(image, faces, names));
    return { read: read.map((one) => ({ attributes: one })), times: { attributes } };
  }

  private async embed(
    image: RgbImage,
    found: readonly DetectedFace[],
    request: Pick<AnalysisRequest, 'liveness' | 'toEnrol'>,
  ): Promise<EmbeddedFace[]> {
    const [embeddings, live] = await Promise.all([
      this.embeddings(image, found, request.toEnrol ?? false),
      this.judgeAll(image, found, request),
    ]);
    return found.map((face, i) => ({ ...publicFace(face), embedding: embeddings[i], live: live[i] }));
  }

  private async judgeAll(
    image: RgbImage,
    found: readonly DetectedFace[],
    { liveness: isWanted = true }: Pick<PhotoRequest, 'liveness'>,
  ): Promise<(Liveness | null)[]> {
    const { liveness } = this.parts;
    if (liveness === null || !isWanted) return found.map(() => null);
    return Promise.all(found.map((face) => liveness.judge(image, { box: face.box, cutOff: isCutOff(face, image) })));
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
