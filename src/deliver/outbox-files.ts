import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OUTBOX_FOLDER } from './letter-files.js';

/** Every file that holds an event on its way, for who seals them anew. */
export function outboxFiles(stateDir: string): string[] {
  const folder = join(stateDir, OUTBOX_FOLDER);
  try {
    const names = readdirSync(folder, { recursive: true }).map(String);
    return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
