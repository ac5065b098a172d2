import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { camera as cameraSchema } from '../src/http/schemas.js';
import { EventClient } from '../test/helpers/event-source.js';
import { makeVideo } from '../test/helpers/video.js';
import { loadPeople } from './helpers/load-people.js';
import { demand, report, secondsOf, SLACK } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';
import { watch } from './helpers/watch.js';

/**
 * A camera with 15 frames per second for ten minutes; two people and a stranger appear in the same way over and over.
 * Each round must produce the same six events in the same order, none late, and memory must stay flat.
 *
 *   npm run soak -- camera       (--minutes 10)
 */
const SECONDS = secondsOf(600);
const FPS = 15;
const SCENE_SECONDS = 8;
const GRACE_SECONDS = 5;
const MOST_LAG_MS = 1000 * SLACK;
const MOST_GROWTH_MB = 64;
const SAMPLE_MS = 500;

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-camera-'));
const everybody = await loadPeople(dataDir);
const chosenPeople = [...new Set(everybody.photos.map(({ expected }) => expected))].reduce<
  { name: string | null; bytes: Buffer }[]
>((chosen, name) => {
  const { bytes } = everybody.photos.find(({ expected }) => expected === name)!;
  return (name === null) === (chosen.length === 2) && chosen.length < 3 ? [...chosen, { name, bytes }] : chosen;
}, []);
if (chosenPeople.length < 3) {
  await rm(dataDir, { recursive: true, force: true });
  console.log('skipped: needs two people and a stranger, which are in the reference data in ../shared');
  process.exit();
}
const [first, second, stranger] = chosenPeople;
const video = join(dataDir, 'door.mp4');
const scenes = [[], [first], [first, second], [second], [], [stranger], []];
await makeVideo(
  video,
  scenes.map((people) => ({ photos: people.map(({ bytes }) => bytes), seconds: SCENE_SECONDS })),
);
const round = ['appeared 1', 'appeared 2', 'left 1', 'left 2', 'unknown ?', 'left ?'];
const roundMs = 1000 * SCENE_SECONDS * scenes.length;
const camera = { id: 'door', source: video, fps: FPS, loop: true, graceSeconds: GRACE_SECONDS };
const file = join(dataDir, 'cameras.json');
await writeFile(file, JSON.stringify({ cameras: [camera] }));
const settings = { ...everybody.settings, PROVIDER: 'cpu', LOG_LEVEL: 'error', CAMERAS_FILE: file, WORKERS: '' };
const server = await ServerProcess.start(dataDir, settings);
try {
  await soak();
} finally {
  await server.kill();
  await rm(dataDir, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  for (const [name, bytes] of everybody.enrolled) {
    const { status } = await fetch(`${server.url}/upload?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'image/png' },
    });
    demand(status === 201, `enrolling ${name} is answered ${status}`);
  }
  const client = await EventClient.open(`${server.url}/events?replay=1000`);
  const lags: number[] = [];
  const watched = await watch(server, () => sampleLags(lags));
  const door = await doorStatus();
  client.close();
  lags.sort((a, b) => a - b);
  const at = (share: number) => lags[Math.ceil(lags.length * share) - 1];
  const told = client.events.map(({ type, person }) => `${type} ${labelOf(person)}`);
  const whole = told.slice(Math.max(0, told.indexOf(round[0])));
  const late = latenessOf(client);
  report('camera', {
    networks: everybody.networks,
    'minutes at 15 frames a second': SECONDS / 60,
    'frames looked at, dropped, failed': `${door.frames.looked}, ${door.frames.dropped}, ${door.frames.failed}`,
    'events in order': whole.length,
    'lag from frame to name, ms: median, p99, largest': `${at(0.5)}, ${at(0.99)}, ${at(1)}`,
    'how much later than in the first round, ms, at most': Math.round(late),
    'resident memory early and late, MB': `${watched.memoryMb?.early ?? 0}, ${watched.memoryMb?.late ?? 0}`,
    '/healthz p99, ms': Math.round(10 * watched.healthP99Ms) / 10,
  });
  whole.forEach((one, i) =>
    demand(one === round[i % round.length], `event ${i} is "${one}", not "${round[i % round.length]}"`),
  );
  demand(whole.length >= Math.floor((SECONDS * 1000) / roundMs - 1) * round.length, 'events are missing');
  demand(at(1) < MOST_LAG_MS && late < MOST_LAG_MS, 'it is late');
  const { early, late: end } = watched.memoryMb ?? { early: 0, late: 0 };
  demand(end - early < MOST_GROWTH_MB, `memory grew from ${early} to ${end} MB`);
}

async function sampleLags(lags: number[]): Promise<void> {
  const end = Date.now() + 1000 * SECONDS;
  while (Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const { lagMs } = await doorStatus();
    if (lagMs !== null) lags.push(lagMs);
  }
}

async function doorStatus() {
  return cameraSchema.parse(await (await fetch(`${server.url}/cameras/door`)).json());
}

function labelOf(person: string | null): string {
  return person === null ? '?' : String([first.name, second.name].indexOf(person) + 1);
}

/** All rounds of the video have the same length, so an event must not come later in its round than in the first one. */
function latenessOf({ events }: EventClient): number {
  const times = events
    .filter(({ type, person }) => type === 'appeared' && person === first.name)
    .map(({ at }) => Date.parse(at));
  return Math.max(0, ...times.map((time, i) => time - times[0] - i * roundMs));
}
