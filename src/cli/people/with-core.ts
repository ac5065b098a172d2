import type { Command } from 'commander';
import { composeCore, type Core } from '../../compose.js';
import { configOf } from '../settings.js';

/** Does something with the gallery and leaves it in order. */
export async function withCore(command: Command, work: (core: Core) => Promise<void>): Promise<void> {
  const core = await composeCore(configOf(command));
  try {
    await work(core);
  } finally {
    await core.close();
  }
}
