import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Database } from '../../gallery/postgres/database.js';
import { readState, writeState } from '../../gallery/sealing/state-file.js';
import { plainVault } from '../../gallery/sealing/vault.js';

const schema = z.strictObject({
  version: z.literal(1),
  contract: z.string(),
  threshold: z.number().gt(0),
  /** Wanted false-accept rate per search; null for a threshold that was chosen by itself. */
  far: z.number().gt(0).max(1).nullable(),
  /** Number of people enrolled at that time. */
  people: z.int().min(0),
  appliedAt: z.iso.datetime(),
});

/** The threshold that `rostro calibrate --apply` or the calibration page stored. */
export type AppliedCalibration = z.infer<typeof schema>;

export interface CalibrationStore {
  /** Changes when another threshold is stored for this embedder. @throws RostroError `database_unreachable` */
  state(contract: string): Promise<string>;
  /** The stored threshold; null when there is none for this embedder. @throws RostroError `database_unreachable` */
  load(contract: string): Promise<AppliedCalibration | null>;
  /** @throws RostroError `storage_failed`, `database_unreachable` */
  save(calibration: AppliedCalibration): Promise<void>;
  /** Forgets the stored threshold of this embedder. @throws RostroError `database_unreachable`; the file system's error */
  clear(contract: string): Promise<void>;
}

/** `.state/calibration.json`. Contains no biometric data, so it is never encrypted. */
export class CalibrationFile implements CalibrationStore {
  private readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'calibration.json');
  }

  async state(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return 'missing';
    }
  }

  async load(contract: string): Promise<AppliedCalibration | null> {
    const stored = await readState(this.path, schema, plainVault);
    return stored?.contract === contract ? stored : null;
  }

  save(calibration: AppliedCalibration): Promise<void> {
    return writeState(this.path, schema, calibration, plainVault);
  }

  async clear(contract: string): Promise<void> {
    if ((await this.load(contract)) !== null) await rm(this.path, { force: true });
  }
}

interface Row extends Record<string, unknown> {
  readonly threshold: number;
  readonly far: number | null;
  readonly people: number;
  readonly applied_at: string;
}

/** For all servers of one database. Until one is stored, the file of this server counts. */
export class CalibrationTable implements CalibrationStore {
  constructor(
    private readonly database: Database,
    private readonly file: CalibrationFile,
  ) {}

  async state(contract: string): Promise<string> {
    const rows = await this.rowOf(contract);
    return rows.length === 0 ? this.file.state() : `stored ${JSON.stringify(rows)}`;
  }

  async load(contract: string): Promise<AppliedCalibration | null> {
    const [row] = await this.rowOf(contract);
    if (row === undefined) return this.file.load(contract);
    const { threshold, far, people, applied_at: appliedAt } = row;
    return { version: 1, contract, threshold, far, people, appliedAt: new Date(appliedAt).toISOString() };
  }

  async save({ contract, threshold, far, people, appliedAt }: AppliedCalibration): Promise<void> {
    await this.database.query(
      `INSERT INTO rostro.calibrations (contract, threshold, far, people, applied_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (contract) DO UPDATE SET threshold = $2, far = $3, people = $4, applied_at = $5`,
      [contract, threshold, far, people, appliedAt],
    );
  }

  async clear(contract: string): Promise<void> {
    await this.database.query('DELETE FROM rostro.calibrations WHERE contract = $1', [contract]);
    await this.file.clear(contract);
  }

  private rowOf(contract: string): Promise<readonly (Row | undefined)[]> {
    return this.database.query<Row>(
      'SELECT threshold, far, people, applied_at FROM rostro.calibrations WHERE contract = $1',
      [contract],
    );
  }
}
