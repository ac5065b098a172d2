import { constants, setPriority } from 'node:os';
import type { Command } from 'commander';
import { besideDatabase, besideFolder, type BesideGallery } from '../../app/beside-gallery.js';
import { startPipeline } from '../../app/pipeline.js';
import type { Config } from '../../app/config.js';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import type { PipelinePool } from '../../faces/pipeline/pool.js';
import { openEngine } from '../../engine/open-engine.js';
import { effectiveThreshold } from '../../app/matching.js';
import { type CalibrationReport, CalibrationService } from '../../matching/thresholds/calibration-service.js';
import { TrainingThread } from '../../matching/classifiers/training-thread.js';
import { collisions, comparisonLines, peopleWithRows, type ReembedComparison } from '../report/reembedding.js';
import type { PreparedRows, Reembedded } from '../../gallery/reembed/prepare.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { parseRate } from '../output.js';
import { withDatabase } from './database.js';
import { dataFolderOf } from './folder.js';
import { makeRows } from './rows.js';
import { print, printError, setExitCode, stopSignal } from '../io.js';

export interface PrepareFlags {
  readonly far: string;
  readonly json?: boolean;
}

interface Place {
  readonly config: Config;
  readonly vault: Vault;
  open(contract: EmbedderContract): Promise<BesideGallery>;
  /** What to do once every example has an embedding, a sentence. */
  readonly next: string;
}

/** `rostro reembed --to EMBEDDER`: computes the new rows while a server may run, and compares both embedders. */
export async function prepare(command: Command, embedder: string, flags: PrepareFlags): Promise<void> {
  const folder = await dataFolderOf(command, embedder);
  const open = (contract: EmbedderContract) => besideFolder(folder, contract);
  const next = `stop the server, "rostro reembed --to ${embedder} --switch", and start it with EMBEDDER=${embedder}.`;
  await prepareAt({ ...folder, open, next }, flags);
}

/** The same for a gallery in a database. @param embedder null uses the setting */
export function prepareInDatabase(command: Command, embedder: string | null, flags: PrepareFlags): Promise<void> {
  return withDatabase(command, embedder, async (opened) => {
    const open = (contract: EmbedderContract) => besideDatabase(opened, contract);
    const next = `restart the servers with EMBEDDER=${opened.config.embedding.embedder}, one after the other.`;
    await prepareAt({ ...opened, open, next }, flags);
  });
}

async function prepareAt(place: Place, flags: PrepareFlags): Promise<void> {
  const far = parseRate(flags.far, '--far');
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const stop = stopSignal('SIGINT');
  const pipeline = await startPipeline(place.config);
  try {
    const beside = await place.open(pipeline.info.contract);
    const prepared = await makeRows(beside, place.config, pipeline, stop);
    if (stop.aborted) {
      printError('Stopped; the same command goes on from here.');
      setExitCode(130);
      return;
    }
    await beside.finish?.();
    const comparison = await compare(place, pipeline, prepared, far);
    print(flags.json ? JSON.stringify(comparison) : comparisonLines(comparison, place.next).join('\n'));
  } finally {
    await pipeline.close();
  }
}

async function compare(
  { config, vault }: Place,
  { info }: PipelinePool,
  { people, unable, embedded }: PreparedRows,
  far: number,
): Promise<ReembedComparison> {
  const { contract } = info;
  const examples = people.reduce((sum, person) => sum + person.examples.length, 0);
  // THRESHOLD is of the other embedder.
  const unset = { ...config, search: { ...config.search, threshold: undefined } };
  const { value: threshold } = await effectiveThreshold(unset, contract, examples);
  const engine = await openEngine({ kind: 'onnxruntime', provider: 'cpu' }, config.compute.embeddingThreads);
  const calibration = await calibrate(people, { threshold, far, contract, stateDir: config.storage.stateDir, vault });
  return {
    embedder: contract.name,
    people: people.length,
    examples,
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
  const thread = new TrainingThread();
  const everyone = peopleWithRows(people);
  const gallery = { version: 0, people: () => everyone, embedded: () => everyone };
  const unused = () => Promise.reject(new Error('this gallery is not in use'));
  const inUse = { value: threshold, source: 'default', applied: null } as const;
  const fixed = { inUse, isSettable: false, apply: unused, reset: unused };
  try {
    return await new CalibrationService({ ...parts, gallery, thread, threshold: fixed }).report(far);
  } finally {
    await thread.close();
  }
}
