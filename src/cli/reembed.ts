import { Command } from 'commander';
import { startPipeline, withGalleryEmbedder } from '../app/pipeline.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { FolderLock } from '../gallery/files/folder-lock.js';
import { deleteShadowRows } from '../gallery/reembed/shadow-files.js';
import { faceInCrop, reembedNpyGallery } from '../gallery/reembed/reembed.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { vaultOf } from '../gallery/sealing/vault.js';
import { DEFAULT_FAR } from '../matching/thresholds/calibration-service.js';
import { RostroError } from '../shared/errors.js';
import { forgetInDatabase, goBackInDatabase, switchInDatabase } from './reembed/database.js';
import { dataFolderOf } from './reembed/folder.js';
import { prepare, prepareInDatabase } from './reembed/prepare.js';
import { goBack, switchTo } from './reembed/switch.js';
import { configOf, withSettings } from './settings.js';
import { print, printError, setExitCode } from './io.js';

export interface ReembedFlags {
  readonly to?: string;
  readonly switch?: boolean;
  readonly back?: boolean;
  readonly forget?: boolean;
  readonly far: string;
  readonly json?: boolean;
}

/** `rostro reembed`: computes embeddings of another embedder from the stored crops. */
export function reembedCommand(): Command {
  const command = new Command('reembed')
    .description(
      'Make every embedding anew from the kept crops: at once with the embedder that is set, or beside a server with --to.',
    )
    .option('--to <embedder>', 'prepare those of another embedder beside the gallery, while it is served, and compare')
    .option('--switch', 'with --to: use what was prepared, in one step; the server must not run')
    .option('--back', 'use the embeddings from before the switch again')
    .option('--forget', 'delete the embeddings from before the switch, and what was prepared')
    .option(
      '--far <share>',
      'for the suggested threshold: the wanted share of strangers who are given a name',
      String(DEFAULT_FAR),
    )
    .option('--json', 'the comparison as one JSON object');
  return withSettings(command).action(() => {
    const flags = command.opts<ReembedFlags>();
    const asked = [flags.to, flags.back, flags.forget].filter(Boolean).length;
    if (asked > 1 || (flags.switch && flags.to === undefined)) {
      throw new RostroError('bad_config', 'Give one of --to EMBEDDER [--switch], --back and --forget.');
    }
    if (configOf(command).storage.databaseUrl !== undefined) return inDatabase(command, flags);
    if (flags.forget) return forget(command);
    if (flags.back) return goBack(command);
    if (flags.to === undefined) return inPlace(command);
    return flags.switch ? switchTo(command, flags.to) : prepare(command, flags.to, flags);
  });
}

/** A database holds the vectors of several embedders, so servers of both may run at once. */
function inDatabase(command: Command, flags: ReembedFlags): Promise<void> {
  if (flags.forget) return forgetInDatabase(command);
  if (flags.back) return goBackInDatabase(command);
  if (flags.switch) return switchInDatabase(command, flags.to!);
  return prepareInDatabase(command, flags.to ?? null, flags);
}

/** `rostro reembed --forget`: deletes the rows of other embedders. A server may run meanwhile. */
export async function forget(command: Command): Promise<void> {
  const { disk, dataDir } = await dataFolderOf(command);
  const rows = await deleteShadowRows(disk, dataDir);
  print(`${rows} embeddings beside the gallery are deleted.`);
}

/** `rostro reembed`: recomputes all embeddings in place with the current embedder. No server may run. */
export async function inPlace(command: Command): Promise<void> {
  const config = await withGalleryEmbedder(configOf(command));
  const vault = vaultOf(await readKeys(config.storage.encryptionKeyFiles));
  const lock = await FolderLock.acquire(config.storage.dataDir);
  let pipeline: PipelinePool | null = null;
  try {
    const running = (pipeline = await startPipeline(config));
    const { contract } = running.info;
    const { reembedded, unable } = await reembedNpyGallery({
      dataDir: config.storage.dataDir,
      contract,
      vault,
      onPerson: (name, done, total) => print(`${done}/${total}  ${name}`),
      embedCrop: async (crop, { details }) => (await faceInCrop(running, crop, details))?.embedding ?? null,
    });
    print(`${reembedded.length} people now have embeddings of ${contract.name}.`);
    for (const name of unable)
      printError(
        `${name}: a file of theirs cannot be read, or a crop is missing or shows no face; the old embeddings stay.`,
      );
    if (unable.length > 0) setExitCode(1);
  } finally {
    await pipeline?.close();
    await lock.release();
  }
}
