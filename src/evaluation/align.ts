import { readFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { AlignedFace, AlignOptions, Pipeline } from '../faces/pipeline/pipeline.js';
import { AlignManifest, type AlignRecord } from './align-manifest.js';
import { forEachConcurrent } from '../shared/queue.js';
import { type DatasetPhoto, listDataset, type PhotoStamp, stampOf } from './dataset.js';
import { makePrivateFolder, replaceFile } from '../shared/files.js';

export interface AlignDatasetOptions extends AlignOptions {
  readonly pipeline: Pipeline;
  /** The detector and its settings, stored in the manifest: all crops of a folder must have the same settings. */
  readonly detectorSettings: object;
  /** Number of photos in memory at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called after each photo. */
  readonly onPhoto?: (report: Readonly<AlignReport>, wasEarlier: boolean) => void;
}

export interface AlignReport {
  readonly photos: number;
  /** Processed photos, including `earlier` and `skipped`. */
  done: number;
  /** Processed in an earlier run. */
  earlier: number;
  crops: number;
  /** Photos without a crop; the manifest has the reason. */
  skipped: number;
}

/**
 * Aligns a dataset (a folder per person) to another folder with the same structure and records the result of each photo
 * in a manifest. Skips photos that an earlier run with the same settings processed, so a run can be resumed.
 * @throws RostroError `no_file` when there are no photos, `bad_config` when `outDir` was created with other settings,
 * `storage_failed`
 */
export async function alignDataset(
  inDir: string,
  outDir: string,
  options: AlignDatasetOptions,
): Promise<Readonly<AlignReport>> {
  const photos = await listDataset(inDir);
  const stems = ambiguousStems(photos);
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
    await forEachConcurrent(photos, options.concurrency, work, options.signal);
  } finally {
    await manifest.close();
  }
  return report;
}

function settingsOf({ detectorSettings, sizePx, margin, everyFace }: AlignDatasetOptions) {
  return { ...detectorSettings, sizePx, margin, everyFace };
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
    const { facesFound, faces } = await pipeline.run('align', {
      bytes: await readFile(photo.path),
      sizePx,
      margin,
      everyFace,
    });
    if (faces.length === 0) return skipped('no_face', 'No face was found in the photo.');
    const base = join(photo.person, keepExtension ? photo.name : parse(photo.name).name);
    const written = faces.map(async (face, i) => {
      const crop = everyFace ? `${base}_${i}.png` : `${base}.png`;
      await writeCrop(join(outDir, crop), face);
      return { crop, box: face.box, confidence: face.confidence, landmarks: face.landmarks };
    });
    return { ...stamp, person: photo.person, facesFound, faces: await Promise.all(written) };
  } catch (error) {
    if (!(error instanceof RostroError) || error.code === 'storage_failed') throw error;
    return skipped(error.code, error.message);
  }
}

/** Writes the crop atomically. */
async function writeCrop(path: string, { png }: AlignedFace): Promise<void> {
  try {
    await makePrivateFolder(dirname(path));
    await replaceFile(path, png, { sync: 'none', temporary: `${path}.part` });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RostroError('storage_failed', `The crop ${path} cannot be written (${code}).`, { cause });
  }
}

function stemOf({ person, name }: DatasetPhoto): string {
  return join(person, parse(name).name);
}

/** Stems that several photos share, such as `a.jpg` and `a.png`: their crops would have the same name. */
function ambiguousStems(photos: readonly DatasetPhoto[]): Set<string> {
  const seen = new Set<string>();
  return new Set(photos.map(stemOf).filter((stem) => seen.has(stem) || !seen.add(stem)));
}
