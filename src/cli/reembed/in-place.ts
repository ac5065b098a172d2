import type { Command } from 'commander';
import { startPipeline } from '../../app/networks.js';
import type { PipelinePool } from '../../faces/pipeline/pool.js';
import { faceInCrop } from '../../people/crop-embedder.js';
import { FolderLock } from '../../gallery/files/folder-lock.js';
import { reembedNpyGallery } from '../../gallery/reembed/reembed.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { vaultOf } from '../../gallery/sealing/vault.js';
import { configOf } from '../settings.js';

/** `rostro reembed`: makes every embedding anew with the embedder that is set now, in place, while no server runs. */
export async function inPlace(command: Command): Promise<void> {
  const config = configOf(command);
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const lock = await FolderLock.take(config.dataDir);
  let pipeline: PipelinePool | null = null;
  try {
    const running = (pipeline = await startPipeline(config));
    const { contract } = running.info;
    const { reembedded, unable } = await reembedNpyGallery({
      dataDir: config.dataDir,
      contract,
      vault,
      onPerson: (name, done, total) => console.log(`${done}/${total}  ${name}`),
      embedCrop: async (crop, { details }) => (await faceInCrop(running, crop, details))?.embedding ?? null,
    });
    console.log(`${reembedded.length} people now have embeddings of ${contract.name}.`);
    for (const name of unable)
      console.error(
        `${name}: a file of theirs cannot be read, or a crop is missing or shows no face; the old embeddings stay.`,
      );
    if (unable.length > 0) process.exitCode = 1;
  } finally {
    await pipeline?.close();
    await lock.release();
  }
}
