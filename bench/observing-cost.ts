import { readConfig } from '../src/app/config.js';
import { serve, type RunningServer } from '../src/app/main.js';
import { createLogger } from '../src/shared/pino-logger.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onePerson } from '../test/helpers/portraits.js';
import { report, sideBySide } from './support/harness.js';

/**
 * Cost of logs and of the audit log of recognitions for `/recognize` (SSD and face-api, one face, one client):
 * AUDIT=all with a JSON line per request compared with AUDIT=off without one. Both count metrics; `/healthz` shows the
 * base cost of a request.
 *
 *   npx tsx bench/observing-cost.ts
 */
const folder = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
const photo = new Uint8Array(await onePerson());
const quiet = { write: () => true };

async function start(name: string, AUDIT: 'all' | 'off', level: 'info' | 'silent'): Promise<RunningServer> {
  const settings = { PORT: '0', DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', AUDIT };
  const config = readConfig({ ...settings, ROSTRO_DATA: join(folder, name) });
  return serve(config, createLogger({ level, format: 'json' }, quiet));
}

const [silent, telling] = [await start('silent', 'off', 'silent'), await start('telling', 'all', 'info')];
const recognize = (server: RunningServer) => async () => {
  const headers = { 'content-type': 'image/jpeg' };
  await (await fetch(`${server.url}/recognize`, { method: 'POST', body: photo, headers })).arrayBuffer();
};
const small = (server: RunningServer) => async () => {
  for (let i = 0; i < 20; i++) await (await fetch(`${server.url}/people?size=1`)).arrayBuffer();
};
for (const { core } of [silent, telling]) {
  await core.enrolment.enrol({ bytes: photo, fileName: undefined, name: 'Ada' });
}
const [a, b] = await sideBySide(
  [
    { name: '/recognize, silent', run: recognize(silent) },
    { name: '/recognize, telling', run: recognize(telling) },
  ],
  { rounds: 150, warmUp: 20 },
);
const [c, d] = await sideBySide(
  [
    { name: '20 × /people, silent', run: small(silent) },
    { name: '20 × /people, telling', run: small(telling) },
  ],
  { rounds: 100, warmUp: 20 },
);
await Promise.all([silent.close(), telling.close()]);
await rm(folder, { recursive: true, force: true });
report('observing-cost', [a, b, c, d], { ratio: b.median / a.median, ratioOfSmall: d.median / c.median });
