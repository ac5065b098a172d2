import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { loadCalibration, type ThresholdInUse } from '../matching/thresholds/calibration-service.js';

/** What was set, else what `rostro calibrate --apply` stored for this embedder, else the embedder's own. */
export async function thresholdInUse(
  { threshold, stateDir }: Config,
  contract: EmbedderContract,
): Promise<ThresholdInUse> {
  if (threshold !== undefined) return { value: threshold, source: 'set', applied: null };
  const applied = await loadCalibration(stateDir, contract.id);
  if (applied === null) return { value: contract.threshold, source: 'default', applied };
  return { value: applied.threshold, source: 'calibrated', applied };
}
