import { constants, setPriority } from 'node:os';
import type { Command } from 'commander';
import { startPipeline } from '../../compose/networks.js';
import type { PipelinePool } from '../../pipeline/pool.js';
import { openEngine } from '../../runtime/open-engine.js';
import { CalibrationService, type CalibrationReport } from '../../service/learning/calibration.js';
import { loadCalibration } from '../../service/learning/calibration-store.js';
import { LearningThread } from '../../service/learning/learning-thread.js';
import { collisions, peopleWithRows } from '../../service/reembedding/compare.js';
import type { Prepared, Reembedded } from '../../service/reembedding/prepare.js';
import { parseRate } from '../rate.js';
import { comparisonLines, type ReembedComparison } from '../report/reembed.js';
import { dataFolderOf, type DataFolder } from './folder.js';
import { makeRows } from './rows.js';

/** `rostro reembed --to EMBEDDER`: prepares beside the gallery while a server may serve it, and compares. */
export async function prepare(
  command: Command,
  embedder: string,
  flags: { far: string; json?: boolean },
): Promise<void> {
  const far = parseRate(flags.far, '--far');
  const folder = await dataFolderOf(command, embedder);
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const pipeline = await startPipeline(folder.config);
  try {
    const prepared = await makeRows(folder, pipeline, stop.signal);
    if (stop.signal.aborted) {
      console.error('Stopped; the same command goes on from here.');
      process.exitCode = 130;
      return;
    }
    const comparison = await compare(folder, pipeline, prepared, far);
    console.log(flags.json ? JSON.stringify(comparison) : comparisonLines(comparison, embedder).join('\n'));
  } finally {
    await pipeline.close();
  }
}

async function compare(
  { config, vault }: DataFolder,
  { info }: PipelinePool,
  { people, unable, embedded }: Prepared,
  far: number,
): Promise<ReembedComparison> {
  const { contract } = info;
  const applied = await loadCalibration(config.stateDir, contract.id);
  const threshold = applied?.threshold ?? contract.threshold;
  const engine = await openEngine({ kind: 'onnxruntime', provider: 'cpu' }, config.embeddingThreads);
  const calibration = await calibrate(people, { threshold, far, contract, stateDir: config.stateDir, vault });
  return {
    embedder: contract.name,
    people: people.length,
    examples: people.reduce((sum, { examples }) => sum + examples.length, 0),
    embedded,
    unable,
    threshold,
    suggested: calibration.recommended?.threshold ?? null,
    far,
    warnings: calibration.warnings,
    collisions: await collisions(people, threshold, engine),
  };
}

async function calibrate(
  people: readonly Reembedded[],
  {
    threshold,
    far,
    ...parts
  }: { threshold: number; far: number } & Pick<
    ConstructorParameters<typeof CalibrationService>[0],
    'contract' | 'stateDir' | 'vault'
  >,
): Promise<CalibrationReport> {
  const thread = new LearningThread();
  const everyone = peopleWithRows(people);
  const gallery = { version: 0, people: () => everyone };
  const inUse = { value: threshold, source: 'default', applied: null } as const;
  try {
    return await new CalibrationService({ ...parts, gallery, thread, threshold: inUse }).report(far);
  } finally {
    await thread.close();
  }
}
