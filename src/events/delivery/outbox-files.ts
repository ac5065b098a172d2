import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HALF_WRITTEN, OUTBOX_FOLDER } from './letter-files.js';

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
