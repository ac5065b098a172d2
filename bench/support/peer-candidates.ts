import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sideBySide, type Rounds, type Timing } from './harness.js';
import type { PeerName } from './peer.js';

const SCRIPT = fileURLToPath(new URL('./peer-process.ts', import.meta.url));

/** Times peers in turn, each in its own process, so that the garbage of one is not collected during another's time. */
export async function peersInTurn<T extends readonly PeerName[]>(
  names: readonly [...T],
  rounds: Rounds,
): Promise<{ [K in keyof T]: Timing }> {
  const children = names.map((name) => fork(SCRIPT, [name], { execArgv: ['--import', 'tsx'] }));
  try {
    const cpuMs = (await Promise.all(children.map((child) => once(child, 'message')))).map(([ms]) => ms as number);
    const candidates = children.map((child, i) => ({
      name: names[i],
      cpuMs: () => cpuMs[i],
      run: async () => {
        child.send('run');
        [cpuMs[i]] = (await once(child, 'message')) as [number];
      },
    }));
    return (await sideBySide(candidates, rounds)) as { [K in keyof T]: Timing };
  } finally {
    for (const child of children) child.disconnect();
  }
}
