import { Command } from 'commander';
import { runAs } from '../privacy/audit/actor.js';
import type { Config } from '../app/config.js';
import type { RunningServer } from '../app/main.js';
import { startWorkers } from '../faces/pipeline/worker-process.js';
import { loggerOf } from './log.js';
import { configOf, withServerSettings, withSettings } from './settings.js';
import { print } from './io.js';

/** A gallery that has grown by this factor since its calibration accepts more strangers than the calibration said. */
const GROWN = 1.25;

/** `rostro serve`: runs the server until a signal stops it. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Start the server.');
  return withSettings(withServerSettings(command)).action(async () => {
    const config = configOf(command);
    const running = await startServer(config);
    for (const line of banner(running, config)) print(line);
    stopOnSignal(running);
    stopWhenLost(running);
  });
}

/** The workers load their modules while this process loads the rest of its own. */
async function startServer(config: Config): Promise<RunningServer> {
  const endWaiting = startWorkers(config.compute.workers);
  try {
    const { serve } = await import('../app/main.js');
    return await runAs({ kind: 'server' }, () => serve(config, loggerOf(config)));
  } finally {
    endWaiting();
  }
}

function banner(
  { url, core, access }: RunningServer,
  { server: { basePath }, storage: { dataDir } }: Config,
): string[] {
  const { detector, embedder, engine, provider } = core.recognition.model;
  const { dimension } = core.pipeline.info.contract;
  return [
    ...[...core.notices, ...(core.threshold.note === null ? [] : [core.threshold.note])].map(
      (notice) => `note       ${notice}`,
    ),
    `detector   ${detector}`,
    `embedder   ${embedder}, ${dimension} values a face`,
    `engine     ${engine} on ${provider}`,
    `threshold  ${core.recognition.threshold} (${thresholdNote(core)})`,
    `matcher    ${core.recognition.model.matcher}${core.matching.note === null ? '' : ` (${core.matching.note})`}`,
    `access     ${access}`,
    `people     ${core.people.count} in ${dataDir}${core.people.count === 0 ? ' (--data chooses another folder)' : ''}`,
    `Rostro listens on ${url}${basePath}`,
  ];
}

function thresholdNote({ calibration, people }: RunningServer['core']): string {
  const { source, applied } = calibration.threshold;
  if (source === 'set') return 'Euclidean distance, as set';
  if (source === 'auto') return 'Euclidean distance, follows the gallery';
  if (applied === null) return 'Euclidean distance; "rostro calibrate" finds the one for this gallery';
  const grown = people.count > GROWN * applied.people ? `; ${people.count} are enrolled now, calibrate again` : '';
  const rate = applied.far === null ? '' : ` for ${Number((100 * applied.far).toPrecision(2))} % of strangers`;
  return `Euclidean distance, calibrated ${applied.appliedAt.slice(0, 10)}${rate} among ${applied.people} people${grown}`;
}

/** The second signal ends the process at once; acknowledged changes are on the disk already. */
function stopOnSignal(running: RunningServer): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    void running.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** The exit code tells the supervisor, such as systemd or Docker, to start the server again. */
function stopWhenLost(running: RunningServer): void {
  void running.lost.then(() => running.close()).finally(() => process.exit(1));
}
