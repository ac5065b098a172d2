import { readFileSync, writeFileSync } from 'node:fs';
import sharp, { type SharpInput } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import type { FacePipeline } from '../../../../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../../../../src/faces/pipeline/load.js';
import { blackPng, BLUE, GREEN, plain } from '../../../helpers/pictures.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';
import { sharedCacheDir } from '../../../helpers/server.js';

/** Side of the largest square with 50 megapixels, the default of MAX_IMAGE_MEGAPIXELS. */
const SIDE = 7071;
/** The longest picture of 50 megapixels that is allowed. */
const [LONG, SHORT] = [31_600, 1581];
/** The same for 10 megapixels, for detectors that take seconds for 50. */
const SMALLER = { megapixels: 10, side: 3162, long: 14_140, short: 707 };

/** Beyond a plain JPEG of the largest size. */
const MAX_MORE_CPU_MS = 1000;
const MAX_MORE_MB = 300;

interface Cost {
  readonly cpuMs: number;
  /** Growth of the resident memory at its peak; 0 where the system does not say. */
  readonly megabytes: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = resetPeak();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, megabytes: peakMegabytes() - before };
}

/** Linux: sets the peak of the resident memory to its current value. @returns that value, in MB */
function resetPeak(): number {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
  return peakMegabytes();
}

function peakMegabytes(): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}

function load(detector: string, dataDir: string, megapixels: number): Promise<FacePipeline> {
  const limits = { MAX_IMAGE_MEGAPIXELS: String(megapixels) };
  const settings = { ROSTRO_DATA: dataDir, DETECTOR: detector, EMBEDDER: 'face-api', THREADS: '1', ...limits };
  return loadPipeline({ ...pipelineSpec(readConfig(settings)), cacheDir: sharedCacheDir });
}

const animated = (width: number, height: number, frames: number) =>
  sharp(
    Array.from({ length: frames }, (_, i) => ({
      create: { width, height, channels: 3, background: { r: (37 * i) % 256, g: 0, b: 0 } },
    })) as unknown as SharpInput[],
    { join: { animated: true } },
  );

/** A file, and the code of the error that answers it; null where it is searched for faces. */
type File = readonly [what: string, code: string | null, bytes: () => Promise<Buffer> | Buffer];

const FILES: readonly File[] = [
  ['PNG 1 × N', 'image_too_large', () => blackPng(1, 49_999_999)],
  ['PNG N × 1', 'image_too_large', () => blackPng(49_999_999, 1)],
  ['PNG 8192 × 1', null, () => blackPng(8192, 1)],
  ['PNG 1 × 8192', null, () => blackPng(1, 8192)],
  ['PNG square', null, () => plain(GREEN, SIDE, SIDE).png().toBuffer()],
  ['PNG square, interlaced, 16 bits', 'image_too_large', () => sixteenBits(SIDE).png({ progressive: true }).toBuffer()],
  ['JPEG 1 × N', 'image_too_large', () => plain(GREEN, 1, 65_500).jpeg().toBuffer()],
  ['JPEG N × 1', 'image_too_large', () => plain(GREEN, 65_500, 1).jpeg().toBuffer()],
  ['JPEG wide', null, () => plain(GREEN, LONG, SHORT).jpeg().toBuffer()],
  ['JPEG tall', null, () => plain(GREEN, SHORT, LONG).jpeg().toBuffer()],
  ['JPEG square, turned', null, () => plain(GREEN, SIDE, SIDE).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ['JPEG square, progressive', null, () => plain(BLUE, SIDE, SIDE).jpeg({ progressive: true }).toBuffer()],
  ['WebP 1 × N', 'image_too_large', () => plain(GREEN, 1, 16_383).webp({ effort: 0 }).toBuffer()],
  ['WebP N × 1', 'image_too_large', () => plain(GREEN, 16_383, 1).webp({ effort: 0 }).toBuffer()],
  ['WebP square', null, () => plain(GREEN, SIDE, SIDE).webp({ effort: 0 }).toBuffer()],
  ['WebP, 60 frames', null, () => animated(500, 500, 60).webp({ effort: 0 }).toBuffer()],
  ['GIF 1 × N', 'image_too_large', () => plain(GREEN, 1, 65_535).gif().toBuffer()],
  ['GIF N × 1', 'image_too_large', () => plain(GREEN, 65_535, 1).gif().toBuffer()],
  ['GIF square', null, () => plain(GREEN, SIDE, SIDE).gif({ effort: 1 }).toBuffer()],
  ['GIF, 60 frames', null, () => animated(500, 500, 60).gif({ effort: 1 }).toBuffer()],
  ['TIFF 1 × N', 'image_too_large', () => plain(GREEN, 1, 100_000).tiff({ compression: 'deflate' }).toBuffer()],
  ['TIFF N × 1', 'image_too_large', () => plain(GREEN, 100_000, 1).tiff({ compression: 'deflate' }).toBuffer()],
  ['TIFF square', null, () => plain(GREEN, SIDE, SIDE).tiff({ compression: 'deflate' }).toBuffer()],
  ['AVIF N × 16', 'image_too_large', () => plain(GREEN, 16_384, 16).avif({ effort: 0 }).toBuffer()],
  ['AVIF 16 × N', 'image_too_large', () => plain(GREEN, 16, 16_384).avif({ effort: 0 }).toBuffer()],
  ['AVIF square', 'image_too_large', () => plain(GREEN, SIDE, SIDE).avif({ effort: 0 }).toBuffer()],
  ['BMP', 'damaged_image', () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)])],
];

function sixteenBits(side: number) {
  return sharp({ create: { width: side, height: side, channels: 4, background: BLUE } }).toColourspace('rgb16');
}

interface Setup {
  readonly detector: string;
  readonly dataDir: string;
  readonly megapixels: number;
  readonly side: number;
}

function answers({ detector, dataDir, megapixels, side }: Setup, files: readonly File[]) {
  let pipeline: FacePipeline;
  let allowed: Cost;
  beforeAll(async () => {
    pipeline = await load(detector, dataDir, megapixels);
    const bytes = await plain(BLUE, side, side).jpeg().toBuffer();
    allowed = await costOf(() => pipeline.run('detect', { bytes }));
  });

  it.each(files)('%s: %s', async (_what, code, bytesOf) => {
    const bytes = await bytesOf();
    let outcome: unknown;
    const cost = await costOf(async () => {
      outcome = await pipeline.run('detect', { bytes }).then(
        () => null,
        (error: unknown) => (error as { code?: string }).code,
      );
    });
    expect(outcome).toBe(code);
    // Twice: on a busy machine the same work takes more processor time.
    expect(cost.cpuMs).toBeLessThan((code === null ? 2 * allowed.cpuMs : 0) + MAX_MORE_CPU_MS);
    expect(cost.megabytes).toBeLessThan((code === null ? allowed.megabytes : 0) + MAX_MORE_MB);
  });
}

describe('a file of the worst shape costs little more than a photo', () => {
  answers({ detector: 'ssd', dataDir: '.', megapixels: 50, side: SIDE }, FILES);
});

describe.skipIf(!hasShared)(`the longest photos cost little more than a square one${needsShared}`, () => {
  const { long, short } = SMALLER;
  const files: readonly File[] = [
    ['PNG 8192 × 1', null, () => blackPng(8192, 1)],
    ['PNG 1 × 8192', null, () => blackPng(1, 8192)],
    ['JPEG wide', null, () => plain(GREEN, long, short).jpeg().toBuffer()],
    ['JPEG tall', null, () => plain(GREEN, short, long).jpeg().toBuffer()],
  ];
  describe.each(['mtcnn', 'yunet', 'haar'])('%s', (detector) => {
    answers({ detector, dataDir: sharedPath('models'), ...SMALLER }, files);
  });
});
