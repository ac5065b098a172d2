import type { Command } from 'commander';
import { forgetBeside } from '../../gallery/reembed/files-beside.js';
import { dataFolderOf } from './folder.js';

/** `rostro reembed --forget`: deletes what lies beside the gallery. A server may run. */
export async function forget(command: Command): Promise<void> {
  const { disk, dataDir } = await dataFolderOf(command);
  const rows = await forgetBeside(disk, dataDir);
  console.log(`${rows} embeddings beside the gallery are deleted.`);
}
