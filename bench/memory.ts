import { sharedPath } from '../test/helpers/shared.js';
import { withDataDir } from './support/data-dir.js';
import { startClients } from './support/load.js';
import { withServer } from './support/server-process.js';
import { webcamFrame } from './support/setting.js';

/**
 * Memory of the server with the default networks and two workers, converted before: when it is ready, the largest under
 * load, and its growth, after 5,000 frames relative to 500. Four clients send 640×480 JPEGs with four faces. Then the
 * same with `WORKERS=1` and `THREADS=1` for 500 frames, the settings for a Raspberry Pi. On a slow machine it stops
 * after three and a half minutes; `frames` says how far it came.
 *
 *   npx tsx bench/memory.ts
 */
const [EARLY, LATE] = [500, 5000];
const MOST_MS = 210_000;
const jpeg = await webcamFrame(sharedPath('images', 'groups', 'bbt5.jpg'));
const end = performance.now() + MOST_MS;

interface Row {
  readonly frames: number;
  readonly residentMb: number;
}

const { rows, small } = await withDataDir(async (dataDir) => {
  const settings = { ROSTRO_DATA: dataDir, DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', PROVIDER: 'cpu' };
  await withServer(settings, () => Promise.resolve());
  const small = await memoryOf({ ...settings, WORKERS: '1', THREADS: '1' }, EARLY);
  return { rows: await memoryOf({ ...settings, WORKERS: '2' }, LATE), small };
});
console.table(rows);
const largest = (of: readonly Row[]) => Math.round(Math.max(...of.map(({ residentMb }) => residentMb)));
const [last] = rows.slice(-1);
const growth = Number((last.residentMb / rows[1].residentMb).toPrecision(3));
console.log(
  JSON.stringify({
    bench: 'memory',
    ratio: growth,
    ready: Math.round(rows[0].residentMb),
    loaded: largest(rows.slice(1)),
    growth,
    oneWorker: largest(small),
    frames: last.frames,
  }),
);

/** Memory when ready, and after each 500 frames. */
function memoryOf(settings: Readonly<Record<string, string>>, frames: number): Promise<Row[]> {
  return withServer(settings, async (server) => {
    const rows = [{ frames: 0, residentMb: await server.residentMb() }];
    const load = startClients(4, server.port, jpeg);
    for (let done = EARLY; done <= frames; done += EARLY) {
      while (load.times.length < done && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      rows.push({ frames: load.times.length, residentMb: await server.residentMb() });
      if (performance.now() > end) break;
    }
    await load.stop();
    return rows;
  });
}
