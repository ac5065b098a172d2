import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzz, type Findings, type Subject } from '../test/helpers/fuzz/fuzz.js';
import { graphDefs } from '../test/helpers/fuzz/graphdef.js';
import { onnxCache, onnxModels } from '../test/helpers/fuzz/onnx.js';
import { npy, pickles } from '../test/helpers/fuzz/npy-and-pickle.js';
import { pictureCorpus, pictures } from '../test/helpers/fuzz/pictures.js';
import { tflites } from '../test/helpers/fuzz/tflite.js';
import { requestSubjects } from '../test/helpers/fuzz/requests.js';
import { startServer } from '../test/helpers/server.js';
import { Heartbeat } from './helpers/heartbeat.js';
import { twoPortraits } from './helpers/photos.js';
import { count, demand, report, SLACK } from './helpers/report.js';

/**
 * Corrupted and generated files and requests: each is answered within a second with a value or a documented error,
 * memory stays flat, and the server answers the next valid request. Another seed tries other inputs.
 *
 *   npm run soak -- fuzz        (--inputs 20000 --seed 1)
 */
const INPUTS = count('inputs', 20_000);
const SEED = count('seed', 1);
/** An input that takes longer, twice, fails the test. */
const LONGEST_MS = 1000 * SLACK;
/** An input that is never answered ends the process. */
const HANG_MS = 10 * LONGEST_MS;
/** Tolerance for memory that the garbage collector and the allocator keep. */
const MOST_GROWTH_MB = 96;

setFlagsFromString('--expose-gc');
global.gc = runInNewContext('gc') as NodeJS.GCFunction;
const findings = new Map<string, Findings>();
const folder = await mkdtemp(join(tmpdir(), 'rostro-soak-fuzz-'));
const server = await startServer({
  DETECTOR: 'ssd',
  EMBEDDER: 'face-api',
  WORKERS: '1',
  RATE_LIMIT: '0',
  RATE_LIMIT_CHANGES: '0',
  REQUEST_DEADLINE_MS: String(2 * LONGEST_MS),
});
const heartbeat = new Heartbeat(HANG_MS);
try {
  await soak();
} finally {
  await heartbeat.stop();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  const corpus = await pictureCorpus();
  const [multipart, json, images] = requestSubjects(server.url, corpus);
  for (const subject of [npy, pickles, graphDefs, tflites]) await run(subject, 0.13125);
  await run(onnxModels, 0.15);
  await run(await onnxCache(folder), 0.075);
  await run(pictures(corpus), 0.1);
  for (const [subject, share] of [
    [multipart, 0.06],
    [json, 0.05],
    [images, 0.04],
  ] as const) {
    await run(subject, share);
    await nextWorks();
  }
  const unexpected = server.logged.filter((line) => line.includes('unexpected'));
  demand(unexpected.length === 0, unexpected.join('\n'));
  const all = [...findings.values()];
  report('fuzz', {
    ...Object.fromEntries([...findings].map(([name, found]) => [name, textOf(found)])),
    inputs: all.reduce((sum, { inputs }) => sum + inputs, 0),
    accepted: all.reduce((sum, { accepted }) => sum + accepted, 0),
    [`crashed, took over ${LONGEST_MS / 1000} s, or answered wrongly`]: 0,
    'slowest, ms': Math.max(...all.map(({ slowestMs }) => slowestMs)),
    'most memory grown, MB': Math.max(...all.map(({ grownMb }) => grownMb)),
    seed: SEED,
  });
}

/** @param share of all inputs */
async function run<T>(subject: Subject<T>, share: number): Promise<void> {
  const take = (input: T) => {
    heartbeat.beat();
    return subject.take(input);
  };
  const options = { runs: Math.round(INPUTS * share), seed: SEED, longestMs: LONGEST_MS };
  const found = await fuzz({ ...subject, take }, options);
  console.error(`${subject.name}: ${textOf(found)}`);
  demand(found.grownMb <= MOST_GROWTH_MB, `${subject.name}: memory grew by ${found.grownMb} MB`);
  findings.set(subject.name, found);
}

function textOf({ inputs, accepted, refused, slowestMs, grownMb }: Findings): string {
  return `${inputs} inputs: ${accepted} accepted, ${refused} refused; slowest ${slowestMs} ms; ${grownMb} MB grown`;
}

async function nextWorks(): Promise<void> {
  const [portrait] = await twoPortraits();
  const headers = { 'content-type': 'image/jpeg' };
  const body = new Uint8Array(portrait);
  const reply = await fetch(`${server.url}/detect`, { method: 'POST', body, headers });
  const { faces } = (await reply.json()) as { faces: unknown[] };
  demand(reply.status === 200 && faces.length === 1, `the next good photo is answered ${reply.status}`);
}
