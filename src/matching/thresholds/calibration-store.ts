import { join } from 'node:path';
import { z } from 'zod';
import { plainVault } from '../../gallery/sealing/vault.js';
import { readState, writeState } from '../classifiers/state-file.js';

const schema = z.strictObject({
  version: z.literal(1),
  contract: z.string(),
  threshold: z.number().gt(0),
  /** The false-accept rate a search that it was chosen for. */
  far: z.number().gt(0).max(1),
  /** How many people were enrolled then. */
  people: z.int().min(0),
  appliedAt: z.iso.datetime(),
});

export type AppliedCalibration = z.infer<typeof schema>;

/** It holds nobody's face, so it is never encrypted. */
const fileOf = (stateDir: string) => join(stateDir, 'calibration.json');

/** The threshold that `rostro calibrate --apply` stored; null where there is none for this embedder. */
export async function loadCalibration(stateDir: string, contract: string): Promise<AppliedCalibration | null> {
  const stored = await readState(fileOf(stateDir), schema, plainVault);
  return stored?.contract === contract ? stored : null;
}

/** @throws RostroError `storage_failed` */
export function saveCalibration(stateDir: string, calibration: AppliedCalibration): Promise<void> {
  return writeState(fileOf(stateDir), schema, calibration, plainVault);
}
