import type { Command } from 'commander';
import { composeCore, type Core } from '../../compose/core.js';
import { configOf } from '../settings.js';

/**
 * Does something with the gallery and leaves it in order.
 * @param access `read` runs beside a server
 */
export async function withCore(
  command: Command,
  access: 'read' | 'write',
  work: (core: Core) => Promise<void>,
): Promise<void> {
  const core = await composeCore(configOf(command), { access });
  try {
    await work(core);
  } finally {
    await core.close();
  }
}
