import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { startRostro } from '../../helpers/rostro.js';

describe('a command whose reader has gone', () => {
  it.each([
    ['--help', 'stdout'],
    ['models', 'stdout'],
    ['people', 'stderr'],
    ['serve', 'stdout'],
  ] as const)('ends quietly: %s, %s', async (command, stream) => {
    const folder = await mkdtemp(join(tmpdir(), 'rostro-pipe-'));
    try {
      const child = startRostro(folder, command, ...(command === 'serve' ? ['--port', '0'] : []));
      const other = stream === 'stdout' ? child.stderr! : child.stdout!;
      const said = text(other);
      child[stream]!.destroy();
      const [code] = (await once(child, 'exit')) as [number];
      expect([code, (await said).includes('EPIPE')]).toEqual([0, false]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
