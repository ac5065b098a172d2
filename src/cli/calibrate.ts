import { Command } from 'commander';
import type { GalleryCore } from '../app/gallery-core.js';
import { RostroError } from '../shared/errors.js';
import type { Samples } from '../matching/classifiers/samples.js';
import { type CalibrationReport, DEFAULT_FAR } from '../matching/thresholds/calibration-service.js';
import { strangersInFolder } from '../evaluation/folder-samples.js';
import { saveStrangers } from '../matching/classifiers/classifier-store.js';
import { runBatch } from './batch.js';
import { embedFolder, sayWhatWasSkipped } from './folder-samples.js';
import { parseRate } from './output.js';
import { calibrationLines } from './report/calibration.js';
import { configOf, withSettings } from './settings.js';
import { withGallery } from './with-gallery.js';
import { print, printError, setExitCode } from './io.js';

interface CalibrateFlags {
  readonly far: string;
  readonly strangers?: string;
  readonly aligned?: boolean;
  readonly apply?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

/** `rostro calibrate`: computes the threshold for a false-accept rate in this gallery. */
export function calibrateCommand(): Command {
  const command = new Command('calibrate')
    .description('Find the threshold at which a wanted share of strangers is given a name, in this gallery.')
    .option('--far <share>', 'the wanted share of strangers who are given a name', String(DEFAULT_FAR))
    .option('--strangers <dir>', 'photos of people who are not enrolled')
    .option('--aligned', 'these photos are crops of "rostro align": take each as it is, detect nothing')
    .option('--apply', 'use this threshold from now on, and remember the strangers')
    .option('--reset', 'forget the stored threshold: use the default again')
    .option('--json', 'everything as one JSON object');
  return withSettings(command).action(() => run(command, command.opts<CalibrateFlags>()));
}

async function run(command: Command, flags: CalibrateFlags): Promise<void> {
  if (flags.reset) return reset(command);
  const far = parseRate(flags.far, '--far');
  const strangers = flags.strangers === undefined ? undefined : await embedStrangers(command, flags.strangers, flags);
  if (strangers === null) return;
  await withGallery(command, 'read', async (core) => {
    const report = await core.calibration.report(far, strangers);
    if (flags.json) print(JSON.stringify(report));
    else print(calibrationLines(report).join('\n'));
    if (flags.apply) await apply(core, configOf(command).storage.stateDir, report, strangers);
    else if (report.recommended === null) setExitCode(1);
  });
}

function reset(command: Command): Promise<void> {
  return withGallery(command, 'read', async ({ applyThreshold }) => {
    const { threshold } = await applyThreshold({ threshold: null });
    print(`The threshold is the default again: ${threshold}, unless THRESHOLD says otherwise.`);
  });
}

/** @returns null if interrupted by ^C */
async function embedStrangers(
  command: Command,
  dir: string,
  { aligned = false }: CalibrateFlags,
): Promise<Samples | null> {
  let samples: Samples | null = null;
  await runBatch(command, 'photos', async (batch) => {
    const found = await embedFolder(await strangersInFolder(dir), batch, aligned);
    sayWhatWasSkipped(found);
    if (!batch.signal.aborted) samples = found.samples;
  });
  return samples;
}

/** @throws RostroError `too_few_examples` if there is no threshold to store */
async function apply(
  { contract, vault, applyThreshold }: GalleryCore,
  stateDir: string,
  { recommended, wantedFar }: CalibrationReport,
  strangers: Samples | undefined,
): Promise<void> {
  if (recommended === null || recommended.threshold <= 0) {
    throw new RostroError('too_few_examples', 'Nothing was stored: there is no threshold to recommend.');
  }
  const { threshold } = recommended;
  if (strangers) await saveStrangers(stateDir, contract.id, strangers, vault);
  await applyThreshold({ threshold, far: wantedFar });
  printError(
    `The threshold is ${threshold} from now on, also for a server that runs, unless THRESHOLD says otherwise.`,
  );
}
