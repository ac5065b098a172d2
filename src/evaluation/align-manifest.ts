import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import type { Box, Landmarks5 } from '../faces/image/box.js';
import { JsonLinesFile } from './json-lines-file.js';
import { type PhotoStamp, isUnchanged } from './dataset.js';

/** The result for one photo. */
export interface AlignRecord extends PhotoStamp {
  readonly person: string;
  readonly facesFound?: number;
  /** Empty when the photo was skipped. */
  readonly faces: readonly AlignedFaceRecord[];
  /** Error code and message when there is no crop. */
  readonly code?: string;
  readonly reason?: string;
}

export interface AlignedFaceRecord {
  /** Path of the crop, relative to the output folder. */
  readonly crop: string;
  /** Pixels of the upright photo. */
  readonly box: Box;
  readonly confidence: number;
  readonly landmarks: Landmarks5 | null;
}

const FILE = 'manifest.jsonl';

const point = z.object({ x: z.number(), y: z.number() });
const record = z.object({
  path: z.string(),
  size: z.number(),
  mtimeMs: z.number(),
  person: z.string(),
  facesFound: z.number().optional(),
  faces: z.array(
    z.object({
      crop: z.string(),
      box: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
      confidence: z.number(),
      landmarks: z.tuple([point, point, point, point, point]).nullable(),
    }),
  ),
  code: z.string().optional(),
  reason: z.string().optional(),
});
const head = z.object({ settings: z.unknown() });

/**
 * `manifest.jsonl` in the output folder: one line with the settings, then one line per photo. When a photo changed and
 * has several lines, the last one applies.
 */
export class AlignManifest {
  private constructor(
    private readonly outDir: string,
    private readonly log: JsonLinesFile,
    private readonly records: Map<string, AlignRecord>,
  ) {}

  /** @throws RostroError `bad_config` when the folder was created with other settings, `storage_failed` */
  static async open(outDir: string, settings: object): Promise<AlignManifest> {
    const records = new Map<string, AlignRecord>();
    const heads: string[] = [];
    const log = await JsonLinesFile.open(join(outDir, FILE), (value) => {
      const known = record.safeParse(value);
      if (known.success) records.set(known.data.path, known.data);
      else heads.push(JSON.stringify(head.safeParse(value).data?.settings));
    });
    const now = JSON.stringify(settings);
    if (heads.length === 0) await log.append({ settings });
    if (heads.some((earlier) => earlier !== now)) {
      await log.close();
      throw new RostroError(
        'bad_config',
        `${outDir} was made with other settings (${heads[0]}); take another folder or delete it.`,
      );
    }
    return new AlignManifest(outDir, log, records);
  }

  /** The record of a photo in its current version; null when there is none or its crops are missing. */
  async find(photo: PhotoStamp): Promise<AlignRecord | null> {
    const known = this.records.get(photo.path);
    if (!known || !isUnchanged(known, photo)) return null;
    const there = known.faces.map(({ crop }) =>
      access(join(this.outDir, crop)).then(
        () => true,
        () => false,
      ),
    );
    return (await Promise.all(there)).every(Boolean) ? known : null;
  }

  /** @throws RostroError `storage_failed` */
  async add(photo: AlignRecord): Promise<void> {
    this.records.set(photo.path, photo);
    await this.log.append(photo);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
