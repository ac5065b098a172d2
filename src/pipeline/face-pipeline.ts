import { RostroError } from '../errors.js';
import type { DetectedFace, Detector } from '../detect/detector.js';
import type { Embedder } from '../embed/embedder.js';
import { decodeImage } from '../vision/decode.js';
import type { RgbImage } from '../vision/image.js';
import { cropPortrait } from './crop.js';
import type { Analysis, Detection, EmbeddedFace, Face, Pipeline, PipelineInfo, Portrait } from './pipeline.js';

export interface FacePipelineParts {
  readonly detector: Detector;
  readonly embedder: Embedder;
  readonly engine: { readonly name: string; readonly provider: string };
  readonly maxImagePixels: number;
}

/** Runs the networks on the thread that calls it; the server calls it in workers only. */
export class FacePipeline implements Pipeline {
  readonly info: PipelineInfo;

  constructor(private readonly parts: FacePipelineParts) {
    this.info = {
      detector: parts.detector.id,
      engine: parts.engine.name,
      provider: parts.engine.provider,
      contract: parts.embedder.contract,
    };
  }

  async detect(bytes: Uint8Array): Promise<Detection> {
    const { image, found, timingsMs } = await this.find(bytes);
    return { image: sizeOf(image), faces: found.map(publicFace), timingsMs };
  }

  async analyse(bytes: Uint8Array): Promise<Analysis> {
    const { image, found, timingsMs } = await this.find(bytes);
    const [faces, embed] = await timed(() => this.embed(image, found));
    return { image: sizeOf(image), faces, timingsMs: { ...timingsMs, embed } };
  }

  async portrait(bytes: Uint8Array): Promise<Portrait> {
    const { image, found, timingsMs } = await this.find(bytes);
    if (found.length === 0) {
      throw new RostroError('no_face', 'No face was found in the photo.', { details: { image: sizeOf(image) } });
    }
    if (found.length > 1) {
      throw new RostroError(
        'several_faces',
        `The photo shows ${found.length} faces; send one with a single face, or cut it to the one that is meant.`,
        { details: { image: sizeOf(image), faces: found.map(({ box, confidence }) => ({ box, confidence })) } },
      );
    }
    const [[face], embed] = await timed(() => this.embed(image, found));
    const { crop, boxInCrop } = await cropPortrait(image, face.box);
    return { image: sizeOf(image), face, crop, boxInCrop, timingsMs: { ...timingsMs, embed } };
  }

  private async find(bytes: Uint8Array) {
    const limits = { maxPixels: this.parts.maxImagePixels };
    const [image, decode] = await timed(() => decodeImage(bytes, limits));
    const [found, detect] = await timed(() => this.parts.detector.detect(image));
    return { image, found, timingsMs: { decode, detect } };
  }

  private async embed(image: RgbImage, found: readonly DetectedFace[]): Promise<EmbeddedFace[]> {
    const embeddings = await this.parts.embedder.embed(image, found);
    return found.map((face, i) => ({ ...publicFace(face), embedding: embeddings[i] }));
  }
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
