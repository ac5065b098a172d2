import { Argument, Command } from 'commander';
import { migrateGallery, type GalleryPlace } from '../app/migration.js';
import { pipelineSpec, withGalleryEmbedder } from '../app/pipeline.js';
import { RostroError } from '../shared/errors.js';
import { createLogger } from '../shared/pino-logger.js';
import { contractOf } from '../faces/pipeline/spec.js';
import { runLong } from './batch.js';
import { withSettings } from './settings.js';
import { withPluginFields } from '../privacy/plugin-data.js';
import { commandIo, print, printError, setExitCode } from './io.js';

const PLACES = ['files', 'postgres'] as const;
/** At most this many names are printed. */
const SHOWN = 20;

/** `rostro migrate files postgres`, and back: copies all people; the next call resumes an interrupted copy. */
export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('Copy the gallery from the folder into the database (DATABASE_URL), or back.')
    .addArgument(new Argument('<from>', 'where everyone is').choices(PLACES))
    .addArgument(new Argument('<to>', 'where they are to be').choices(PLACES))
    .option('--replace', 'replace people whom the target has otherwise')
    .option('--json', 'the result as one JSON object');
  return withSettings(command).action(async (from: GalleryPlace, to: GalleryPlace) => {
    if (from === to) throw new RostroError('bad_config', `There is nothing to do from ${from} to ${to}.`);
    const { replace = false, json = false } = command.opts<{ replace?: boolean; json?: boolean }>();
    await runLong(command, 'people', async ({ config, vault, progress, signal }) => {
      const log = createLogger({ level: config.logging.level, format: 'text' }, commandIo().stderr);
      const { databaseUrl } = from === 'files' ? { databaseUrl: undefined } : config.storage;
      const source = await withGalleryEmbedder({ ...config, storage: { ...config.storage, databaseUrl } });
      const parts = { config, contract: await contractOf(pipelineSpec(source)), vault, log };
      const onPerson = (done: number, total: number) => progress.update(done, total);
      const result = await migrateGallery(parts, from, { replace, onPerson, signal }).catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
      progress.stop();
      if (result === null) return printError('Stopped; what was copied stays. Call it again to go on.');
      const { report, comparison } = result;
      print(json ? JSON.stringify({ ...withPluginFields(report), ...comparison }) : lines(result).join('\n'));
      if (report.conflicts.length > 0 || comparison.different.length > 0) setExitCode(1);
    });
  });
}

function lines({ report, comparison }: Awaited<ReturnType<typeof migrateGallery>>): string[] {
  const { copied, already, conflicts, lostNames, missingCrops, attendance, pluginData } = report;
  const { people, examples, different } = comparison;
  const isWhole = different.length === 0;
  return [
    `${copied} people copied, ${already} were there already.`,
    ...(attendance > 0 ? [`${attendance} lists of attendance copied.`] : []),
    ...pluginData.filter(({ added }) => added > 0).map(({ title, added }) => `${added} ${title} copied.`),
    ...(missingCrops > 0
      ? [`${missingCrops} kept photos are gone where they were; their examples were copied without.`]
      : []),
    ...(conflicts.length > 0
      ? [`Left as they are there, because the target has them otherwise (--replace): ${named(conflicts)}`]
      : []),
    ...(lostNames.length > 0
      ? [
          `Not copied, because characters of the names are lost; rename them with "rostro people rename": ${named(lostNames)}`,
        ]
      : []),
    isWhole
      ? `Read again and compared: ${people} people with ${examples} examples are the same in both places.`
      : `Read again and compared: NOT the same in both places: ${named(different)}`,
  ];
}

function named(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? `, and ${rest} more` : '');
}
