import { Command } from 'commander';
import { composeCore, type Core } from '../app/core.js';
import { composeGallery } from '../app/gallery-core.js';
import { dataOf, openPlugins } from '../app/plugins.js';
import type { Config } from '../app/config.js';
import type { FullExample } from '../gallery/gallery.js';
import { plainVault } from '../gallery/sealing/vault.js';
import { OpenBackup } from '../transfer/backup/open-backup.js';
import { restoreBackup, type RestoreReport } from '../transfer/backup/restore.js';
import { withPluginFields } from '../privacy/plugin-data.js';
import { faceInCrop } from '../gallery/reembed/reembed.js';
import { BatchProgress } from './batch.js';
import { readPassphrase } from './passphrase.js';
import { configOf, withSettings } from './settings.js';
import { commandIo, print, setExitCode, stopSignal } from './io.js';

interface RestoreFlags {
  readonly replace?: boolean;
  readonly reembed?: boolean;
  readonly check?: boolean;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/** `rostro restore FILE`: restores an archive of `rostro export` into a gallery. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('Bring an archive of "rostro export" back; all of it is verified before anything is changed.')
    .argument('<file>')
    .option(
      '--replace',
      'replace people who are already enrolled; by default the examples of the archive are added to theirs',
    )
    .option('--reembed', 'make the embeddings anew from the kept crops, where another embedder made them')
    .option('--check', 'only verify the archive')
    .option('--passphrase-file <file>', 'file with the passphrase that the archive was sealed with')
    .option('--json', 'the result as one JSON object');
  return withSettings(command).action(async (file: string) => {
    const flags: RestoreFlags = command.opts();
    const { passphraseFile } = flags;
    const passphrase = passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile);
    const backup = await OpenBackup.open(file, passphrase);
    try {
      await (flags.check ? check(command, backup, file) : restore(command, backup, flags));
    } finally {
      backup.close();
    }
  });
}

async function check(command: Command, backup: OpenBackup, file: string): Promise<void> {
  const { stateDir } = configOf(command).storage;
  for (const data of dataOf(openPlugins({ stateDir, database: null, vault: plainVault }))) backup.entriesOf(data);
  await backup.verify();
  const { people, examples, crops, attendance, createdAt, contract } = backup.manifest;
  const lists = attendance === 0 ? '' : `, ${attendance} lists of attendance`;
  print(
    `${file} is whole: ${people} people, ${examples} examples, ${crops} crops${lists} of ${createdAt}, ${contract.name}.`,
  );
}

async function restore(command: Command, backup: OpenBackup, flags: RestoreFlags): Promise<void> {
  const { core, reembed } = await openTarget(configOf(command, { THREADS: '1' }), backup, flags);
  const progress = new BatchProgress(commandIo().stderr, 'people');
  try {
    const report = await restoreBackup(backup, {
      gallery: core.gallery,
      attendance: core.attendance,
      pluginData: core.pluginData,
      contract: core.contract,
      replace: flags.replace ?? false,
      reembed,
      signal: stopSignal('SIGINT', 'SIGTERM'),
      onPerson: (done, total, step) => {
        if (step === 'restored') progress.update(done, total);
      },
    });
    progress.stop();
    print(flags.json ? JSON.stringify(withPluginFields(report)) : restoreLines(report).join('\n'));
    if (!report.complete) setExitCode(130);
    else if (report.unable.length + report.lostNames.length + report.examplesLeftOut > 0) setExitCode(1);
  } finally {
    progress.stop();
    await core.close();
  }
}

async function openTarget(config: Config, { manifest }: OpenBackup, flags: RestoreFlags) {
  if (!flags.reembed) {
    const core = await composeGallery(config, { embedderIfEmpty: manifest.contract.name });
    return { core, reembed: null };
  }
  const core = await composeCore(config);
  return { core, reembed: reembedderOf(core) };
}

function reembedderOf({ pipeline }: Core) {
  return async ({ crop, details }: FullExample): Promise<Float32Array | null> =>
    crop === null ? null : ((await faceInCrop(pipeline, crop, details))?.embedding ?? null);
}

function restoreLines({ people, added, merged, replaced, unchanged, ...report }: RestoreReport): string[] {
  const { unable, lostNames, examplesLeftOut, attendance, pluginData, complete } = report;
  return [
    `${people} people in the archive: ${added} added, ${merged} merged, ${replaced} replaced, ${unchanged} there already.`,
    ...unable.map((name) => `${name}: no crop of theirs shows a face to this embedder; they were left out.`),
    ...lostNames.map(
      (name) => `${name}: the name has lost characters; rename the person where the archive is from and export again.`,
    ),
    ...(examplesLeftOut > 0 ? [`${examplesLeftOut} examples could not be embedded anew and were left out.`] : []),
    ...(attendance.sessions === 0 ? [] : [attendanceLine(attendance)]),
    ...pluginData.filter(({ added }) => added > 0).map(({ title, added }) => `${added} ${title} were added.`),
    ...(complete ? [] : ['Stopped; the same command goes on from here.']),
  ];
}

function attendanceLine({ sessions, added, merged, replaced, unchanged }: RestoreReport['attendance']): string {
  return `${sessions} lists of attendance: ${added} added, ${merged} merged, ${replaced} replaced, ${unchanged} there already.`;
}
