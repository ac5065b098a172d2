import { rm } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../app/config.js';
import { dataOf, openPlugins } from '../app/plugins.js';
import { auditFolder } from '../app/state-stores.js';
import { attendanceFiles } from '../attendance/file-attendance.js';
import { camerasStateFile } from '../cameras/camera-file.js';
import { challengeKeyFile } from '../challenges/tokens.js';
import { outboxFiles } from '../events/outbox.js';
import { resealLogs, sealedHistoryFiles } from '../history/files/reseal.js';
import { FolderLock } from '../gallery/files/folder-lock.js';
import { isQuarantined } from '../gallery/files/layout.js';
import { createKeyFile, readKeys } from '../gallery/sealing/key-file.js';
import { resealFolder } from '../gallery/sealing/reseal.js';
import type { SealingKey } from '../gallery/sealing/sealed.js';
import { plainVault } from '../gallery/sealing/vault.js';
import {
  folderClassifierFile,
  galleryClassifierFile,
  strangersFile,
} from '../matching/classifiers/classifier-store.js';
import { discardSavedGraph } from '../matching/search/search-thread.js';
import { pseudonymFile } from '../privacy/audit/pseudonyms.js';
import { RostroError } from '../shared/errors.js';
import { BatchProgress } from './batch.js';
import { configOf, withSettings } from './settings.js';
import { refuseDatabase } from './with-gallery.js';
import { commandIo, print, printError, setExitCode } from './io.js';

/** `rostro encryption`: encrypts crops and embeddings at rest, decrypts them, or changes the key. */
export function encryptionCommand(): Command {
  return new Command('encryption')
    .description('Encrypt crops and embeddings at rest, with the key of ENCRYPTION_KEY_FILE.')
    .addCommand(newKeyCommand())
    .addCommand(onCommand())
    .addCommand(offCommand())
    .addCommand(rotateCommand());
}

function newKeyCommand(): Command {
  const command = new Command('new-key').description('Make a key in a new file that only you may read.');
  return command.argument('<file>').action(async (file: string) => {
    const { id } = await createKeyFile(file);
    print(`${file} holds the new key ${id}. Keep a copy elsewhere: without it nothing can be read.`);
  });
}

function onCommand(): Command {
  const command = new Command('on').description('Encrypt what is not encrypted yet.');
  return withSettings(command).action(async () => {
    const config = configOf(command);
    const keys = await keysOf(config);
    await reseal(config, keys, keys[0]);
    await rm(join(config.storage.cacheDir, 'embeddings'), { recursive: true, force: true });
    await discardSavedGraph(config.storage.stateDir);
    print(`The gallery is encrypted with the key ${keys[0].id}. Start with ENCRYPTION_KEY_FILE from now on.`);
    print('The next start also replaces the names of people in file names.');
  });
}

function offCommand(): Command {
  const command = new Command('off').description('Decrypt everything.');
  return withSettings(command).action(async () => {
    const config = configOf(command);
    await reseal(config, await keysOf(config), null);
    print('The gallery is not encrypted any more. Start without ENCRYPTION_KEY_FILE from now on.');
  });
}

function rotateCommand(): Command {
  const command = new Command('rotate').description('Encrypt everything with another key.');
  command.requiredOption('--new-key-file <file>', 'holds the key that is to be used from now on');
  return withSettings(command).action(async () => {
    const config = configOf(command);
    const { newKeyFile } = command.opts<{ newKeyFile: string }>();
    const [target] = await readKeys([resolve(newKeyFile)]);
    await reseal(config, [...(await keysOf(config)), target], target);
    print(`The gallery is encrypted with the key ${target.id}. Start with ENCRYPTION_KEY_FILE=${newKeyFile} now.`);
  });
}

async function keysOf({ storage: { encryptionKeyFiles } }: Config): Promise<SealingKey[]> {
  if (encryptionKeyFiles.length > 0) return readKeys(encryptionKeyFiles);
  throw new RostroError(
    'encryption_key_wrong',
    'ENCRYPTION_KEY_FILE is not set; "rostro encryption new-key FILE" makes a key.',
  );
}

async function reseal(config: Config, keys: readonly SealingKey[], target: SealingKey | null): Promise<void> {
  refuseDatabase(
    config,
    'The rows of a database are encrypted when they are written: copy the gallery into an empty one with the other key ("rostro migrate").',
  );
  const { dataDir, stateDir } = config.storage;
  const lock = await FolderLock.acquire(dataDir);
  const progress = new BatchProgress(commandIo().stderr, 'files');
  try {
    const extraFiles = faceStateFiles(dataDir, stateDir);
    const onFile = (done: number, total: number) => progress.update(done, total, false);
    const { changed, already, unreadable } = await resealFolder({ dataDir, extraFiles, keys, target, onFile });
    const logs = await resealLogs(stateDir, { keys, target });
    progress.stop();
    print(`${changed + logs.changed} files changed, ${already + logs.already} were as they are to be.`);
    for (const file of [...unreadable, ...logs.unreadable])
      printError(`${file} is damaged, or of another key, and stays as it is; see "rostro doctor".`);
    if (unreadable.some((file) => !isQuarantined(file)) || logs.unreadable.length > 0) setExitCode(1);
  } finally {
    progress.stop();
    await lock.release();
  }
}

/**
 * State files with embeddings, classifiers, events, sightings, attendance, names, passwords of cameras or the key of challenges, relative to
 * the data folder.
 */
export function faceStateFiles(dataDir: string, stateDir: string): string[] {
  const learned = [galleryClassifierFile, folderClassifierFile, strangersFile].map((fileOf) => fileOf(stateDir));
  const ofPlugins = dataOf(openPlugins({ stateDir, database: null, vault: plainVault })).flatMap(({ files }) => files);
  const others = [pseudonymFile(auditFolder(stateDir)), camerasStateFile(stateDir), challengeKeyFile(stateDir)];
  const files = [
    ...learned,
    ...others,
    ...ofPlugins,
    ...outboxFiles(stateDir),
    ...sealedHistoryFiles(stateDir),
    ...attendanceFiles(stateDir),
  ];
  return files.map((file) => relative(dataDir, file).split(sep).join('/'));
}
