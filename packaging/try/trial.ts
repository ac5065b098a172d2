import { onePerson, onePersonAgain } from '../../test/helpers/portraits.js';
import type { Box, RunningBox } from './box.js';

/** Sends its standard input and prints the status and body of the response. */
const REQUEST = `
const [url, method, key, name] = process.argv.slice(1);
const chunks = []; for await (const chunk of process.stdin) chunks.push(chunk);
const form = new FormData(); form.set('file', new Blob([Buffer.concat(chunks)]), name);
const response = await fetch(url, { method, headers: { 'x-api-key': key }, ...(method === 'POST' && { body: form }) });
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
`;

const MINUTE_MS = 60_000;

/**
 * The first steps with a public server: no start without a key; then create a key, start, check health, enrol and recognise a
 * photo, stop.
 * @param also further checks while the server runs
 * @throws Error at the first difference from the documentation
 */
export async function tryOut(box: Box, also: (running: RunningBox) => Promise<void>): Promise<void> {
  const refused = await box.once('serve');
  expect('without a key it does not start', refused.code === 1 && refused.err.includes('(bad_config)'), refused);
  const made = await box.once('keys', 'create', '--scope', 'admin');
  const key = made.out.trim();
  expect('a key is made', made.code === 0 && /^rostro_\w+$/.test(key), made);
  const begun = performance.now();
  const running = await box.start();
  let code;
  try {
    await untilHealthy(running);
    console.log(`healthy after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    await enrolAndRecognise(running, key);
    const { out } = await running.exec(['id', '-u']);
    expect('by a user other than root', Number(out) > 0, out);
    const written = await running.exec(['touch', `${box.program}/x`]);
    expect('who cannot change the program', written.code !== 0, written);
    await also(running);
  } finally {
    code = await running.stop();
  }
  expect('it ends by itself at SIGTERM', code === 0, code);
}

async function enrolAndRecognise(running: RunningBox, key: string): Promise<void> {
  const ask = async (path: string, method: string, name: string, input: Buffer) => {
    const command = [
      'node',
      '--input-type=module',
      '--eval',
      REQUEST,
      `http://127.0.0.1:5000${path}`,
      method,
      key,
      name,
    ];
    const { code, out, err } = await running.exec(command, input);
    expect(`${method} ${path} is answered`, code === 0, err);
    return JSON.parse(out) as { status: number; body: unknown };
  };
  const enrolled = await ask('/upload', 'POST', 'Ada Lovelace.jpg', await onePerson());
  expect('a photo is enrolled', enrolled.status === 201, enrolled);
  const recognised = await ask('/recognize', 'POST', 'frame.jpg', await onePersonAgain());
  expect('and recognised', JSON.stringify(recognised).includes('"name":"Ada Lovelace"'), recognised);
}

async function untilHealthy(running: RunningBox): Promise<void> {
  const deadline = performance.now() + MINUTE_MS;
  while (!(await running.isHealthy())) {
    if (performance.now() > deadline) throw new Error('Not so: it is healthy within a minute.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @throws Error if a condition is false */
export function expect(what: string, isSo: boolean, found: unknown): void {
  if (!isSo) throw new Error(`Not so: ${what}. ${JSON.stringify(found)}`);
  console.log(`ok: ${what}`);
}
