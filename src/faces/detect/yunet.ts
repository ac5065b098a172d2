import { readFile } from 'node:fs/promises';
import type { Engine, Feed, Session } from '../../engine/engine.js';
import { BYTE_INPUT, withByteInput } from '../../models/convert/onnx/byte-input.js';
import { RostroError } from '../../shared/errors.js';
import type { Landmarks5, PixelRect, Point } from '../image/box.js';
import { cutOut, regionAround, type RgbImage } from '../image/image.js';
import { type Size, shrinkTo } from '../image/resize-area.js';
import { assignFaces, type DetectedFace, type Detector } from './detector.js';
import { belongsToTile, suppress, tilesOf } from './tiles.js';

export interface YunetOptions {
  /**
   * A face is reported above this score, 0..1. The default lies between false faces (up to 0.72 in large portraits) and the
   * surest face of each of 2,383 photos of LFW (at least 0.888); OpenCV's demo uses 0.9, libfacedetection's 0.6.
   */
  readonly minConfidence?: number;
  /** Smallest face that is reported, pixels of the photo (longer side of the box, as MTCNN's squares). */
  readonly minFacePx?: number;
}

/** Strides of the three output maps. Source: libfacedetection.train, configs/yunet_n.py (`strides=[8, 16, 32]`). */
const STRIDES = [8, 16, 32];
const FILE_INPUT = 'input';
const OUTPUTS = STRIDES.flatMap((stride) => ['cls', 'obj', 'bbox', 'kps'].map((name) => `${name}_${stride}`));
/** The network halves its input five times. */
const SIDE_MULTIPLE = 32;
/**
 * Longer side at which a photo is searched: the network was trained on squares of this side, and finds faces up to 600 px
 * wide. It takes parts of larger ones for faces (docs/benchmarks.md, "YuNet by face width").
 */
const SEARCH_SIDE_PX = 640;
/** Width at which the network finds 96 of 100 faces, pixels of its input (same table). */
const SMALLEST_FACE_PX = 16;
/** Side up to which tiles are searched at full size, which takes no longer than shrinking them to `SEARCH_SIDE_PX` first. */
const TILE_PX = 1024;
/** Side of the square around the last position of a face in which it is looked for, in longer sides of its box. */
const FOLLOW_SURROUNDINGS = 2;
/** Side at which that square is searched. */
const FOLLOW_SIDE_PX = 160;

/**
 * YuNet (Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector"): boxes and five landmarks in one run.
 * A large photo is searched as a whole at `SEARCH_SIDE_PX`; where `minFacePx` asks for faces too small for that, also in
 * overlapping tiles. Followed faces are searched in a small square around each.
 * @param path of `yunet_n_dynamic.onnx`
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadYunet(engine: Engine, path: string, options: YunetOptions = {}): Promise<Detector> {
  const { minConfidence = 0.75, minFacePx = 20 } = options;
  const session = await loadSession(engine, path);
  const searchPart = async (image: RgbImage, part: PixelRect, sidePx: number): Promise<DetectedFace[]> => {
    const isWhole = part.width === image.width && part.height === image.height;
    const small = shrinkTo(isWhole ? image : cutOut(image, part), sidePx);
    const faces = await runYunet(session, small, minConfidence);
    return faces.map((face) => moved(face, part, part.width / small.width, part.height / small.height));
  };
  return {
    id: 'yunet',
    smallestFacePx: () => minFacePx,
    async detect(image) {
      const found = await searchPart(image, { x: 0, y: 0, width: image.width, height: image.height }, SEARCH_SIDE_PX);
      for (const tile of tilesFor(image, minFacePx)) {
        const isSmall = Math.max(tile.width, tile.height) <= TILE_PX;
        const faces = await searchPart(image, tile, isSmall ? TILE_PX : SEARCH_SIDE_PX);
        found.push(...faces.filter(({ box }) => belongsToTile(box, tile, image, smallestInWhole(image))));
      }
      return suppress(found.filter(({ box }) => Math.max(box.width, box.height) >= minFacePx));
    },
    async follow(image, boxes) {
      const found: DetectedFace[] = [];
      for (const box of boxes) {
        found.push(...(await searchPart(image, regionAround(box, FOLLOW_SURROUNDINGS, image), FOLLOW_SIDE_PX)));
      }
      return assignFaces(boxes, suppress(found));
    },
    dispose: () => session.dispose(),
  };
}

async function loadSession(engine: Engine, path: string): Promise<Session> {
  const load = async () => engine.load(await modelFor(engine, path));
  const session = await load().catch((cause: unknown) => {
    throw new RostroError('bad_model_file', `${path}: the engine cannot load it.`, { cause });
  });
  const missing = OUTPUTS.find((name) => !session.outputs.includes(name));
  if (missing === undefined) return session;
  await session.dispose();
  throw new RostroError('bad_model_file', `${path} is another network than YuNet: it has no output ${missing}.`);
}

/** On ONNX Runtime's CPU provider the network with an input of bytes; TensorFlow.js and GPUs take the file as it is. */
async function modelFor(engine: Engine, path: string): Promise<string | Uint8Array> {
  if (engine.name !== 'onnxruntime' || engine.provider !== 'cpu') return path;
  return withByteInput(await readFile(path), FILE_INPUT) ?? path;
}

/** Parts of a photo in which faces of `minFacePx` are large enough; none where they are in the whole photo. */
export function tilesFor(photo: Size, minFacePx: number): PixelRect[] {
  const smallest = smallestInWhole(photo);
  if (minFacePx >= smallest) return [];
  const side = Math.max(TILE_PX, Math.floor((minFacePx * SEARCH_SIDE_PX) / SMALLEST_FACE_PX));
  return tilesOf(photo, side, Math.min(3 * smallest, side / 2));
}

/** Width of the smallest face that is found in the whole photo, pixels of the photo. */
function smallestInWhole({ width, height }: Size): number {
  return (Math.max(width, height) * SMALLEST_FACE_PX) / SEARCH_SIDE_PX;
}

/**
 * Runs the network on a picture as it is, padded with black to the right and below.
 * @returns faces above `minConfidence`, pixels of `image`, before suppression
 */
export async function runYunet(session: Session, image: RgbImage, minConfidence: number): Promise<DetectedFace[]> {
  const [width, height] = [image.width, image.height].map((side) => Math.ceil(side / SIDE_MULTIPLE) * SIDE_MULTIPLE);
  const [input] = session.inputs;
  const feed: Feed =
    input === BYTE_INPUT
      ? { data: paddedBytes(image, width, height), dims: [1, height, width, 3] }
      : { data: planesOf(image, width, height), dims: [1, 3, height, width] };
  const outputs = await session.run({ [input]: feed });
  return STRIDES.flatMap((stride) => {
    const [cls, obj, box, points] = ['cls', 'obj', 'bbox', 'kps'].map((name) => outputs[`${name}_${stride}`].data);
    const columns = width / stride;
    const faces: DetectedFace[] = [];
    for (let i = 0; i < cls.length; i++) {
      const confidence = Math.sqrt(clamp(cls[i]) * clamp(obj[i]));
      if (!(confidence > minConfidence)) continue;
      const [column, row] = [i % columns, Math.floor(i / columns)];
      const [centreX, centreY] = [(column + box[4 * i]) * stride, (row + box[4 * i + 1]) * stride];
      const [boxWidth, boxHeight] = [Math.exp(box[4 * i + 2]) * stride, Math.exp(box[4 * i + 3]) * stride];
      const landmarks = [0, 1, 2, 3, 4].map((k) => ({
        x: (column + points[10 * i + 2 * k]) * stride,
        y: (row + points[10 * i + 2 * k + 1]) * stride,
      })) as unknown as Landmarks5;
      faces.push({
        box: { x: centreX - boxWidth / 2, y: centreY - boxHeight / 2, width: boxWidth, height: boxHeight },
        confidence,
        landmarks,
      });
    }
    return faces;
  });
}

function clamp(score: number): number {
  return Math.min(1, Math.max(0, score));
}

/** R G B bytes (HWC), black beyond the picture. */
function paddedBytes({ width, height, data }: RgbImage, paddedWidth: number, paddedHeight: number): Uint8Array {
  if (width === paddedWidth && height === paddedHeight) return data;
  const bytes = new Uint8Array(3 * paddedWidth * paddedHeight);
  for (let y = 0; y < height; y++) bytes.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * y * paddedWidth);
  return bytes;
}

/** B G R planes (CHW), 0..255, black beyond the picture. */
function planesOf({ width, height, data }: RgbImage, paddedWidth: number, paddedHeight: number): Float32Array {
  const plane = paddedWidth * paddedHeight;
  const planes = new Float32Array(3 * plane);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = y * paddedWidth; x < width; x++, to++, from += 3) {
      planes[to] = data[from + 2];
      planes[plane + to] = data[from + 1];
      planes[2 * plane + to] = data[from];
    }
  }
  return planes;
}

/** From pixels of the searched picture to those of the photo. */
function moved(
  { box, confidence, landmarks }: DetectedFace,
  { x, y }: Point,
  scaleX: number,
  scaleY: number,
): DetectedFace {
  const move = (point: Point): Point => ({ x: point.x * scaleX + x, y: point.y * scaleY + y });
  return {
    box: { ...move(box), width: box.width * scaleX, height: box.height * scaleY },
    confidence,
    landmarks: landmarks!.map(move) as unknown as Landmarks5,
  };
}
