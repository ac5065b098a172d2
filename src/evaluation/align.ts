import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { AlignedFace, AlignOptions, BatchPipeline } from '../faces/pipeline/batch.js';
import { AlignManifest, type AlignRecord } from './align-manifest.js';
import { concurrently } from './concurrently.js';
import { type DatasetPhoto, listDataset, type PhotoStamp, stampOf } from './dataset.js';

export interface AlignDatasetOptions extends AlignOptions {
  readonly pipeline: BatchPipeline;
  /** The detector and its settings, for the manifest: crops of one folder are all made alike. */
  readonly detectedBy: object;
  /** How many photos are held at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called after each photo. */
  readonly onPhoto?: (report: Readonly<AlignReport>, wasEarlier: boolean) => void;
}

export interface AlignReport {
  readonly photos: number;
  /** Photos that were dealt with, `earlier` ones and `skipped` ones included. */
  done: number;
  /** Done in an earlier run. */
  earlier: number;
  crops: number;
  /** Photos without a crop; the manifest says why. */
  skipped: number;
}

/**
 * Aligns a folder of people's folders into another of the same structure, and writes down in its manifest what was done
 * with each photo. What an earlier run with the same settings has done is not done again, so a run that was stopped goes
 * on where it was.
 * @throws RostroError `no_file` when there are no photos, `bad_config` when `outDir` was made with other settings,
 *   `storage_failed`
 */
export async function alignDataset(
  inDir: string,
  outDir: string,
  options: AlignDatasetOptions,
): Promise<Readonly<AlignReport>> {
  const photos = await listDataset(inDir);
  const stems = sharedStems(photos);
  const manifest = await AlignManifest.open(outDir, settingsOf(options));
  const report: AlignReport = { photos: photos.length, done: 0, earlier: 0, crops: 0, skipped: 0 };
  const work = async (photo: DatasetPhoto): Promise<void> => {
    const stamp = await stampOf(photo.path);
    const before = await manifest.find(stamp);
    const record = before ?? (await alignPhoto(photo, stamp, stems.has(stemOf(photo)), outDir, options));
    if (before === null) await manifest.add(record);
    report.done++;
    report.earlier += before === null ? 0 : 1;
    report.crops += record.faces.length;
    report.skipped += record.faces.length === 0 ? 1 : 0;
    options.onPhoto?.(report, before !== null);
  };
  try {
    await concurrently(photos, options.concurrency, work, options.signal);
  } finally {
    await manifest.close();
  }
  return report;
}

function settingsOf({ detectedBy, sizePx, margin, everyFace }: AlignDatasetOptions) {
  return { ...detectedBy, sizePx, margin, everyFace };
}

async function alignPhoto(
  photo: DatasetPhoto,
  stamp: PhotoStamp,
  keepExtension: boolean,
  outDir: string,
  { pipeline, sizePx, margin, everyFace }: AlignDatasetOptions,
): Promise<AlignRecord> {
  const skipped = (code: string, reason: string) => ({ ...stamp, person: photo.person, faces: [], code, reason });
  try {
    const { facesFound, faces } = await pipeline.align(await readFile(photo.path), { sizePx, margin, everyFace });
    if (faces.length === 0) return skipped('no_face', 'No face was found in the photo.');
    const base = join(photo.person, keepExtension ? photo.name : parse(photo.name).name);
    const written = faces.map(async (face, i) => {
      const crop = everyFace ? `${base}_${i}.png` : `${base}.png`;
      await writeWhole(join(outDir, crop), face);
      return { crop, box: face.box, confidence: face.confidence, landmarks: face.landmarks };
    });
    return { ...stamp, person: photo.person, facesFound, faces: await Promise.all(written) };
  } catch (error) {
    if (!(error instanceof RostroError) || error.code === 'storage_failed') throw error;
    return skipped(error.code, error.message);
  }
}

/** A kill leaves the whole crop, or none under its name. */
async function writeWhole(path: string, { png }: AlignedFace): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, png);
    await rename(`${path}.part`, path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RostroError('storage_failed', `The crop ${path} cannot be written (${code}).`, { cause });
  }
}

function stemOf({ person, name }: DatasetPhoto): string {
  return join(person, parse(name).name);
}

/** `a.jpg` beside `a.png`: their crops would have one name. */
function sharedStems(photos: readonly DatasetPhoto[]): Set<string> {
  const seen = new Set<string>();
  return new Set(photos.map(stemOf).filter((stem) => seen.has(stem) || !seen.add(stem)));
}
