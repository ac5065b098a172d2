import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { startPipeline } from '../app/pipeline.js';
import type { Config } from '../app/config.js';
import { RostroError } from '../shared/errors.js';
import { makePrivateFolder, writePrivate } from '../shared/files.js';
import type { Detection } from '../faces/pipeline/pipeline.js';
import {
  compareDetectors,
  comparisonPicture,
  DETECTOR_COLOURS,
  type DetectorRun,
  type DetectorSummary,
} from '../evaluation/compare-detectors.js';
import { listPhotos } from '../evaluation/dataset.js';
import { type DetectorName, DETECTORS } from '../faces/detect/detector.js';
import { BatchProgress } from './batch.js';
import { configOf, withSettings } from './settings.js';
import { formatTable } from './output.js';
import { commandIo, print, printError, setExitCode, stopSignal } from './io.js';

/** The result of one detector per photo: the faces, or why the photo cannot be decoded. */
type Outcomes = Map<string, Detection | RostroError>;

interface Flags {
  readonly pictures?: string;
  readonly json?: boolean;
}

interface Comparison {
  readonly photos: number;
  readonly detectors: readonly DetectorSummary[];
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  readonly unavailable: readonly { readonly detector: string; readonly reason: string }[];
}

/** `rostro compare-detectors DIR`: runs every available detector over the same photos. */
export function compareDetectorsCommand(): Command {
  const command = new Command('compare-detectors')
    .description('Run every detector over a folder of photos: faces found, agreement, time.')
    .argument('<dir>', 'folder of photos; folders in it are looked through too')
    .option('--pictures <dir>', 'write every photo with the boxes of each detector in its colour')
    .option('--json', 'the result as one JSON object');
  return withSettings(command).action((dir: string) => run(command, resolve(dir)));
}

/** One photo at a time in one worker: parallel runs would distort the times. */
async function run(command: Command, dir: string): Promise<void> {
  const flags: Flags = command.opts();
  const config = configOf(command, {}, { WORKERS: '1' });
  const picturesDir = flags.pictures === undefined ? undefined : resolve(flags.pictures);
  const photos = await listPhotos(dir, picturesDir);
  const signal = stopSignal('SIGINT');
  const outcomes = new Map<DetectorName, Outcomes>();
  const unavailable: { detector: string; reason: string }[] = [];
  for (const detector of DETECTORS) {
    if (signal.aborted) break;
    try {
      outcomes.set(
        detector,
        await detectAll({ ...config, detection: { ...config.detection, detector } }, { dir, photos, signal }),
      );
    } catch (error) {
      if (!(error instanceof RostroError && error.code === 'model_missing')) throw error;
      unavailable.push({ detector, reason: error.message });
    }
  }
  if (signal.aborted) {
    printError('Stopped.');
    setExitCode(130);
    return;
  }
  const { runs, compared, unreadable } = inCommon(photos, outcomes);
  if (picturesDir !== undefined) await writePictures(dir, picturesDir, compared, runs, config.limits.maxImagePixels);
  const comparison = { photos: compared.length, detectors: compareDetectors(runs), unreadable, unavailable };
  print(flags.json ? JSON.stringify(comparison) : lines(comparison, picturesDir).join('\n'));
  if (unreadable.length > 0) setExitCode(1);
}

async function detectAll(
  config: Config,
  { dir, photos, signal }: { dir: string; photos: readonly string[]; signal: AbortSignal },
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  const pipeline = await startPipeline(config);
  const progress = new BatchProgress(commandIo().stderr, `photos by ${config.detection.detector}`);
  try {
    for (const photo of photos) {
      if (signal.aborted) break;
      outcomes.set(photo, await pipeline.run('detect', { bytes: await readFile(join(dir, photo)) }).catch(expected));
      progress.update(outcomes.size, photos.length);
    }
    return outcomes;
  } finally {
    progress.stop();
    await pipeline.close();
  }
}

function expected(error: unknown): RostroError {
  if (error instanceof RostroError) return error;
  throw error;
}

/** The photos that every detector could decode. */
function inCommon(photos: readonly string[], outcomes: ReadonlyMap<DetectorName, Outcomes>) {
  const unreadable = photos.flatMap((file) => {
    const failure = [...outcomes.values()].map((all) => all.get(file)).find((one) => one instanceof RostroError);
    return failure ? [{ file, reason: failure.message }] : [];
  });
  const failed = new Set(unreadable.map(({ file }) => file));
  const compared = photos.filter((photo) => !failed.has(photo));
  const runs = [...outcomes].map(([detector, all]): DetectorRun => {
    return { detector, detections: compared.map((photo) => all.get(photo) as Detection) };
  });
  return { runs, compared, unreadable };
}

async function writePictures(
  dir: string,
  target: string,
  photos: readonly string[],
  runs: readonly DetectorRun[],
  maxPixels: number,
): Promise<void> {
  for (const [i, photo] of photos.entries()) {
    const found = Object.fromEntries(runs.map(({ detector, detections }) => [detector, detections[i].faces]));
    const path = join(target, `${photo}.jpg`);
    await makePrivateFolder(dirname(path));
    await writePrivate(path, await comparisonPicture(await readFile(join(dir, photo)), found, maxPixels));
  }
}

function lines({ photos, detectors, unreadable, unavailable }: Comparison, picturesDir: string | undefined): string[] {
  const names = detectors.map(({ detector }) => detector);
  const head = ['detector', 'faces', 'photos without', 'ms a megapixel', ...names.map((name) => `also by ${name}`)];
  const rows = detectors.map(({ detector, faces, photosWithoutFace, msPerMegapixel, alsoFoundBy }) => [
    detector,
    String(faces),
    `${photosWithoutFace} of ${photos}`,
    msPerMegapixel.toFixed(0),
    ...names.map((name) => (name === detector ? '' : shareOf(alsoFoundBy[name], faces))),
  ]);
  const colours = names.map((name) => `${name} ${DETECTOR_COLOURS[name].name}`).join(', ');
  return [
    formatTable(head, rows),
    ...unavailable.map(({ detector, reason }) => `${detector} was left out: ${reason}`),
    ...unreadable.map(({ file, reason }) => `${file}: ${reason}`),
    ...(picturesDir === undefined ? [] : [`Pictures with boxes in ${picturesDir}: ${colours}.`]),
  ];
}

function shareOf(part: number, whole: number): string {
  return whole === 0 ? '–' : `${part} (${((100 * part) / whole).toFixed(0)} %)`;
}
