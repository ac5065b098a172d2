import { readdirSync } from 'node:fs';
import sharp from 'sharp';
import type { Progress } from '../../src/challenges/challenge.js';
import { observationOf, observedFace } from '../../src/challenges/observation.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import type { Pipeline, ObservedFrame } from '../../src/faces/pipeline/pipeline.js';
import { seededRandom } from '../../src/shared/statistics/random.js';
import { type Actor, nextFrame, type Run, type Shot } from '../../test/helpers/challenge-runs.js';
import { type FacePhoto, pictureOf, sheetPicture } from '../../test/helpers/head-picture.js';
import { type HeadState, RESTING } from '../../test/helpers/head.js';
import { readPhoto } from '../../test/helpers/photo.js';
import { sharedPath } from '../../test/helpers/shared.js';
import type { Sheet } from '../../test/helpers/sheet.js';

/** So coarse that the frames of a photo repeat; each is looked at once. */
const STATE_STEPS = { yaw: 2, pitch: 2, roll: 2, eyesClosed: 0.5, smile: 0.2, scale: 0.05, x: 0.05, y: 0.05 };
const SHEET_STEPS = { tiltX: 3, tiltY: 3, roll: 3, x: 0.1, y: 0.1, scale: 0.05, bent: 0.2 };
/** Grey levels (standard deviation) of a webcam's noise, in so many patterns. */
const [NOISE, PATTERNS] = [2.5, 2];

export interface Portrait extends FacePhoto {
  readonly name: string;
}

/** Pictures shots of portraits and looks at them with the real networks. */
export class Film {
  private readonly pictures = new Map<string, RgbImage>();
  readonly frames = new Map<string, ObservedFrame>();
  private readonly noise = Array.from({ length: PATTERNS }, (_, i) => noisePattern(seededRandom(i)));

  constructor(private readonly pipeline: Pick<Pipeline, 'run'>) {}

  async look(portrait: Portrait, { state, sheet }: Shot, random: () => number): Promise<ObservedFrame> {
    const { eyesClosed, smile } = state;
    const shown = rounded(sheet ? { ...RESTING, eyesClosed, smile } : state, STATE_STEPS);
    const held = sheet && { ...rounded(sheet, SHEET_STEPS), axis: sheet.axis };
    const pattern = Math.floor(random() * PATTERNS);
    const key = `${portrait.name} ${Object.values(shown).join()} ${held ? Object.values(held).join() : ''} ${pattern}`;
    let frame = this.frames.get(key);
    if (!frame) {
      const picture = held ? sheetPicture(this.shownBy(portrait, shown), held) : pictureOf(portrait, shown);
      const bytes = await jpegOf(withNoise(picture, this.noise[pattern]));
      frame = await this.pipeline.run('observe', { bytes });
      this.frames.set(key, frame);
    }
    return frame;
  }

  /**
   * Plays a run. The passive check does not decide here.
   * @param shown whom the shots show, by `Shot.person`
   * @returns with the share of spoofs among the frames that the passive check judged
   */
  async play(shown: readonly Portrait[], actor: Actor, run: Run): Promise<Progress & { readonly spoofShare: number }> {
    const { challenge, random } = run;
    let progress = challenge.progress();
    let [judged, spoofs] = [0, 0];
    for (let at = 0; progress.state === 'running'; at += nextFrame(random)) {
      const shot = actor(at, progress);
      if (shot === null) break;
      const { image, faces } = observationOf(await this.look(shown[shot.person], shot, random), at);
      const verdict = faces[0]?.live?.verdict ?? 'unsure';
      if (verdict !== 'unsure') judged++;
      if (verdict === 'spoof') spoofs++;
      progress = challenge.observe({ at, image, faces: faces.map((face) => ({ ...face, live: null })) });
    }
    return { ...progress, spoofShare: judged === 0 ? 0 : spoofs / judged };
  }

  private shownBy(portrait: Portrait, state: HeadState): FacePhoto {
    const key = `${portrait.name} ${state.eyesClosed} ${state.smile}`;
    let image = this.pictures.get(key);
    if (!image) this.pictures.set(key, (image = pictureOf(portrait, state)));
    return { ...portrait, image };
  }
}

function rounded<T extends HeadState | Omit<Sheet, 'axis'>>(values: T, steps: Readonly<Record<string, number>>): T {
  const numbers = Object.entries(steps).map(([name, step]) => {
    const value = Math.round((values as Record<string, number>)[name] / step) * step;
    return [name, Number(value.toFixed(3))];
  });
  return Object.fromEntries(numbers) as T;
}

function noisePattern(random: () => number): Int8Array {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Int8Array.from({ length: 65_521 }, () => Math.round(NOISE * normal()));
}

function withNoise({ width, height, data }: RgbImage, noise: Int8Array): RgbImage {
  const noisy = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) noisy[i] = data[i] + noise[i % noise.length];
  return { width, height, data: new Uint8Array(noisy.buffer) };
}

function jpegOf({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** Of folders of `../shared`, by kind: the size that a photo of it is squeezed to. */
const SIZES = { 'liveness-dev': { width: 480, height: 360 }, 'lfw-dev': { width: 360, height: 360 } };

/** The first `most` photos that show one face, which looks ahead. @param paths below `../shared` */
export async function portraitsOf(
  pipeline: Pick<Pipeline, 'run'>,
  paths: readonly string[],
  most: number,
): Promise<Portrait[]> {
  const portraits: Portrait[] = [];
  for (const path of paths) {
    if (portraits.length >= most) break;
    const image = await readPhoto(sharedPath(path), SIZES[path.split('/')[0] as keyof typeof SIZES]);
    const { faces } = await pipeline.run('observe', { bytes: await jpegOf(image) });
    const pose = faces.length === 1 ? observedFace(faces[0]).pose : null;
    if (pose !== null && faces[0].box.width >= 80 && Math.abs(pose.yaw) < 12 && Math.abs(pose.pitch) < 16)
      portraits.push({ name: path, image, points: faces[0].landmarks });
  }
  return portraits;
}

/** Photos of NUAA (`real` or `print`), in turn of each person. */
export function nuaaPaths(folder: 'real' | 'print'): string[] {
  const files = readdirSync(sharedPath('liveness-dev', folder)).sort();
  const nth = new Map<string, number>();
  const ranked = files.map((file) => {
    const person = file.slice(0, 4);
    nth.set(person, (nth.get(person) ?? 0) + 1);
    return { file, rank: nth.get(person)! };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ file }) => `liveness-dev/${folder}/${file}`);
}

/** One photo of each person of LFW. */
export function lfwPaths(): string[] {
  const dir = 'lfw-dev/images';
  return readdirSync(sharedPath(dir)).map((name) => `${dir}/${name}/${readdirSync(sharedPath(dir, name)).sort()[0]}`);
}
