import { sharedPath } from '../test/helpers/shared.js';
import { withDataDir } from './support/data-dir.js';
import { startClients } from './support/load.js';
import { withServer } from './support/server-process.js';
import { webcamFrame } from './support/setting.js';

/**
 * Whether memory grows with recognised frames: resident memory of the server after 5,000 frames relative to 500, with
 * networks converted before. Four clients send 640×480 JPEGs with four faces. Default networks and settings.
 *
 *   npx tsx bench/memory.ts
 */
const [EARLY, LATE] = [500, 5000];
const jpeg = await webcamFrame(sharedPath('images', 'groups', 'bbt5.jpg'));

const rows = await withDataDir(async (dataDir) => {
  const settings = { ROSTRO_DATA: dataDir };
  await withServer(settings, () => Promise.resolve());
  return withServer(settings, async (server) => {
    const figures = [{ frames: 0, residentMb: await server.residentMb() }];
    const load = startClients(4, server.port, jpeg);
    for (let frames = EARLY; frames <= LATE; frames += EARLY) {
      while (load.times.length < frames) await new Promise((resolve) => setTimeout(resolve, 20));
      figures.push({ frames, residentMb: await server.residentMb() });
    }
    await load.stop();
    return figures;
  });
});
console.table(rows);
const [early, late] = [rows[1].residentMb, rows[rows.length - 1].residentMb];
const ratio = Number((late / early).toPrecision(3));
console.log(JSON.stringify({ bench: 'memory', ratio, earlyMb: Math.round(early), residentMb: Math.round(late) }));
