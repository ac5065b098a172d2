import { Command } from 'commander';
import { readConfig } from '../app/config.js';
import { MODEL_FILES } from '../models/manifest.js';
import { isSuccess, pullModels } from '../models/pull.js';
import { selectModels } from '../models/select.js';
import { modelStatuses } from '../models/status.js';
import { formatStatuses, resultJson, statusJson } from './models-view.js';
import { PullProgress } from './pull-progress.js';

interface ModelsOptions {
  data?: string;
  json?: boolean;
}

interface PullFlags {
  from?: string;
  force?: boolean;
}

/** `rostro models`: which model files there are, which are here, and fetching the rest. */
export function modelsCommand(): Command {
  const command = new Command('models')
    .description('List the model files: what is here, what it is for, and where it comes from.')
    .option('--data <dir>', 'folder of model/ and npy/ (default: this folder) [ROSTRO_DATA]')
    .option('--json', 'one JSON array, with sources and checksums')
    .action(async ({ data, json }: ModelsOptions) => {
      const statuses = await modelStatuses(MODEL_FILES, dataDirOf(data));
      console.log(json ? JSON.stringify(statuses.map(statusJson), null, 2) : formatStatuses(statuses));
    });
  return command.addCommand(pullCommand());
}

function pullCommand(): Command {
  return new Command('pull')
    .description('Fetch the model files that are missing, checking each.')
    .argument('[names...]', 'models (mtcnn) or files (det1.npy); default: all')
    .option('--from <place>', 'a folder or an http address laid out like the data folder, in place of the sources')
    .option('--force', 'fetch files again that are here')
    .action(async (names: string[], _flags: PullFlags, command: Command) => {
      const { data, json, from, force } = command.optsWithGlobals<ModelsOptions & PullFlags>();
      const progress = json ? {} : new PullProgress(process.stdout, process.stderr);
      const results = await pullModels({
        files: selectModels(names),
        dataDir: dataDirOf(data),
        from,
        force,
        allowSkips: names.length === 0,
        ...progress,
      });
      if (json) console.log(JSON.stringify(results.map(resultJson), null, 2));
      if (!isSuccess(results)) process.exitCode = 1;
    });
}

function dataDirOf(flag: string | undefined): string {
  return readConfig({ ROSTRO_DATA: flag ?? process.env.ROSTRO_DATA }).dataDir;
}
