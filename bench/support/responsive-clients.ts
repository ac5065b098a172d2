import { setTimeout } from 'node:timers/promises';
import { startClients } from './load.js';
import { oneFaceFrame } from './setting.js';

/** The task of this process: a number of clients for a time, and a request to `/healthz` every 20 ms. */
export interface Prober {
  readonly clients: number;
  readonly durationMs: number;
}

const EVERY_MS = 20;
const port = Number(process.argv[2]);
const jpeg = await oneFaceFrame();

process.on('message', (order: Prober) => void probe(order).then((times) => process.send!(times)));

async function probe({ clients, durationMs }: Prober): Promise<number[]> {
  const load = startClients(clients, port, jpeg);
  const times: number[] = [];
  for (const end = performance.now() + durationMs; performance.now() < end; await setTimeout(EVERY_MS)) {
    const start = performance.now();
    await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer();
    times.push(performance.now() - start);
  }
  await load.stop();
  return times;
}
