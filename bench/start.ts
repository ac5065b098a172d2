import { sharedPath } from '../test/helpers/shared.js';
import { withDataDir } from './support/data-dir.js';
import { quantile } from './support/harness.js';
import { sendFrames } from './support/load.js';
import { withServer } from './support/server-process.js';
import { webcamFrame } from './support/setting.js';

/**
 * Time from `rostro serve` until the server is ready, with an empty and with a full cache of converted networks, and
 * the memory of the process. Default networks and settings.
 *
 *   npx tsx bench/start.ts
 */
const RUNS = 7;
const FRAMES = 200;
const photo = await webcamFrame(sharedPath('images', 'groups', 'bbt5.jpg'));

const result = await withDataDir(async (dataDir) => {
  const once = (frames: number) =>
    withServer({ ROSTRO_DATA: dataDir }, async (server) => {
      await sendFrames(frames, server.port, photo);
      return { readyMs: server.readyMs, residentMb: await server.residentMb() };
    });
  const first = await once(0);
  const cached = [];
  for (let i = 0; i < RUNS; i++) cached.push(await once(0));
  const worked = await once(FRAMES);
  return {
    readyMs: quantile(
      cached.map(({ readyMs }) => readyMs),
      0.5,
    ),
    firstReadyMs: first.readyMs,
    idleMb: quantile(
      cached.map((run) => run.residentMb),
      0.5,
    ),
    firstMb: first.residentMb,
    [`after${FRAMES}FramesMb`]: worked.residentMb,
  };
});
const rounded = Object.fromEntries(Object.entries(result).map(([figure, value]) => [figure, Math.round(value)]));
console.table(rounded);
console.log(JSON.stringify({ bench: 'start', ...rounded }));
