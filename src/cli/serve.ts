import { Command } from 'commander';
import { serve, type RunningServer } from '../main.js';
import { configOf, withServerSettings, withSettings } from './settings.js';

/** `rostro serve`: the server, until it is told to stop. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Start the server.');
  return withSettings(withServerSettings(command)).action(async () => {
    const config = configOf(command);
    const running = await serve(config, (line) => console.error(line));
    for (const line of banner(running, config.dataDir)) console.log(line);
    stopOnSignal(running);
  });
}

function banner({ url, core }: RunningServer, dataDir: string): string[] {
  const { detector, embedder, engine, provider } = core.recognition.model;
  const { dimension } = core.pipeline.info.contract;
  return [
    ...core.notices.map((notice) => `note       ${notice}`),
    `detector   ${detector}`,
    `embedder   ${embedder}, ${dimension} values a face`,
    `engine     ${engine} on ${provider}`,
    `threshold  ${core.recognition.threshold} (Euclidean distance)`,
    `people     ${core.people.count} in ${dataDir}`,
    `Rostro listens on ${url}`,
  ];
}

function stopOnSignal(running: RunningServer): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void running.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
