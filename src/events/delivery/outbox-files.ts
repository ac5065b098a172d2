import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import type { Logger } from '../../shared/logger.js';
import { HALF_WRITTEN, OUTBOX_FOLDER } from './letter-files.js';
import { Outbox } from './outbox.js';

/** Every file that holds an event on its way, for who seals them anew. */
export function outboxFiles(stateDir: string): string[] {
  return filesIn(stateDir, '.json');
}

/** Takes away what a stop has left half-written. For the server alone: what another process writes looks the same. */
export async function removeHalfWritten(stateDir: string): Promise<void> {
  for (const file of filesIn(stateDir, HALF_WRITTEN)) await rm(file, { force: true });
}

function filesIn(stateDir: string, ending: string): string[] {
  const folder = join(stateDir, OUTBOX_FOLDER);
  try {
    const names = readdirSync(folder, { recursive: true }).map(String);
    return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

export interface OutboxesParts {
  readonly stateDir: string;
  readonly vault: Vault;
  readonly log: Logger;
}

/**
 * As `KeepsNames`, in the outboxes that nobody in this process has open: those of a receiver that was there once, and for
 * a command all of them.
 * @param open names of the folders to leave alone
 */
export async function keepNamesInOutboxes(
  { stateDir, vault, log }: OutboxesParts,
  isEnrolled: (name: string) => boolean,
  open: ReadonlySet<string> = new Set(),
): Promise<void> {
  const outboxes = join(stateDir, OUTBOX_FOLDER);
  for (const name of (await orLog(log, foldersIn(outboxes))) ?? []) {
    if (open.has(name)) continue;
    await orLog(
      log,
      Outbox.open(join(outboxes, name), vault).then((outbox) => outbox.keepNames(isEnrolled)),
    );
  }
}

/** What fails to be written without names is logged, and holds nothing else up. */
export async function orLog<T>(log: Logger, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    log.error({ reason }, 'events that wait could not be written without names; the next start does it');
    return undefined;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await nodeDisk.list(folder);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
