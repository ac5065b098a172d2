import type { Command } from 'commander';
import { besideFolder } from '../../app/beside-gallery.js';
import { startPipeline } from '../../app/pipeline.js';
import { RostroError } from '../../shared/errors.js';
import type { PreparedRows } from '../../gallery/reembed/prepare.js';
import { shadowContracts } from '../../gallery/reembed/shadow-files.js';
import { finishSwitch, isComplete, switchGallery } from '../../gallery/reembed/switch.js';
import type { ContractRef } from '../../gallery/files/change-parts.js';
import { ChangeWriter } from '../../gallery/files/change-writer.js';
import { FolderLock } from '../../gallery/files/folder-lock.js';
import { shown, unableLine } from '../report/reembedding.js';
import { dataFolderOf, type DataFolder } from './folder.js';
import { makeRows } from './rows.js';
import { print, printError } from '../io.js';

/** `rostro reembed --to EMBEDDER --switch`: computes rows for examples added since, and switches. */
export async function switchTo(command: Command, embedder: string): Promise<void> {
  const folder = await dataFolderOf(command, embedder);
  await withLock(folder, async (writer) => {
    const contract = await catchUp(folder);
    await switchGallery({ ...folder, writer }, contract);
    print(`The gallery has the embeddings of ${contract.name} now. Start with EMBEDDER=${embedder}.`);
    print('"rostro reembed --back" is the way back, until "rostro reembed --forget" deletes the former ones.');
    sayThreshold(folder);
  });
}

/** `rostro reembed --back`: switches back to the rows from before the last switch. */
export async function goBack(command: Command): Promise<void> {
  const { disk, dataDir } = await dataFolderOf(command);
  const former = (await shadowContracts(disk, dataDir))
    .filter(({ formerSince }) => formerSince !== null)
    .sort((a, b) => (a.formerSince! < b.formerSince! ? 1 : -1))
    .at(0);
  if (!former) throw new RostroError('bad_request', 'There is no way back: no former embeddings are kept.');
  const folder = await dataFolderOf(command, former.name);
  await withLock(folder, async (writer) => {
    if (!(await isComplete({ disk, dataDir }, former))) {
      const { id } = await catchUp(folder);
      if (id !== former.id) throw otherSettings(former, id);
    }
    await switchGallery({ ...folder, writer }, former);
    print(`The gallery has the embeddings of ${former.name} again. Start with EMBEDDER=${former.name}.`);
    sayThreshold(folder);
  });
}

/** @throws RostroError `no_face` if a person would be left without examples */
async function catchUp(folder: DataFolder): Promise<ContractRef> {
  const pipeline = await startPipeline(folder.config);
  try {
    const { contract } = pipeline.info;
    const { unable } = await makeRows(await besideFolder(folder, contract), folder.config, pipeline);
    if (unable.length > 0) throw notEverybody(unable);
    return contract;
  } finally {
    await pipeline.close();
  }
}

async function withLock({ dataDir, disk }: DataFolder, work: (writer: ChangeWriter) => Promise<void>): Promise<void> {
  const lock = await FolderLock.acquire(dataDir);
  try {
    const writer = new ChangeWriter(disk, dataDir);
    await writer.recover();
    await finishSwitch({ disk, dataDir, writer });
    await work(writer);
  } finally {
    await lock.release();
  }
}

function notEverybody(unable: PreparedRows['unable']): RostroError {
  const lines = shown(unable, unableLine).join('\n');
  return new RostroError(
    'no_face',
    `Nothing was switched: ${unable.length} examples have no embedding of that embedder. Enrol these people anew, or ` +
      `erase the examples with "rostro people delete NAME --example ID".\n${lines}`,
    { details: { unable } },
  );
}

function otherSettings({ name, id }: ContractRef, now: string): RostroError {
  return new RostroError(
    'gallery_contract_mismatch',
    `The former embeddings are of ${name} (${id}), and the settings now make ${now}: set MARGIN and STANDARDISATION as ` +
      'they were.',
  );
}

function sayThreshold({ config }: DataFolder): void {
  const { threshold } = config.search;
  if (typeof threshold !== 'number') return;
  printError(`THRESHOLD=${threshold} was set for the other embedder: see "rostro calibrate".`);
}
