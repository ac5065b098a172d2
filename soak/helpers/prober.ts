import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { isRight } from './client.js';

/** Another client of the server: its key, the path of its photo, and who is on it. */
export interface OtherClient {
  readonly key: string;
  readonly photo: string;
  readonly name: string;
}

/**
 * A separate process, so that its measurements do not include the load. Requests `/healthz` 20 times per second on new
 * connections, without waiting for earlier responses, and `/recognize` for another client, one photo after the other,
 * until it is stopped; then sends the latencies in milliseconds. Sends `ready` after the first responses.
 */
const INTERVAL_MS = 50;
const PAUSE_MS = 100;
const [url, client] = process.argv.slice(2) as [string, string?];
const other = client === undefined ? null : (JSON.parse(client) as OtherClient);
const seen = { took: [] as number[], failed: [] as string[], recogniseTook: [] as number[], wrong: [] as string[] };

let isReady = false;
const timer = setInterval(() => {
  const start = performance.now();
  get(`${url}/healthz`, { agent: false }, (reply) => {
    reply.resume();
    reply.on('end', () => {
      seen.took.push(performance.now() - start);
      if (reply.statusCode !== 200) seen.failed.push(`status ${reply.statusCode}`);
      if (!isReady && (other === null || seen.recogniseTook.length > 0)) {
        isReady = true;
        process.send?.('ready');
      }
    });
  }).on('error', (error) => seen.failed.push(error.message));
}, INTERVAL_MS);

let isStopped = false;
if (other !== null) void recogniseAs(other);

process.once('message', () => {
  isStopped = true;
  clearInterval(timer);
  process.send?.(seen, () => process.exit());
});

async function recogniseAs({ key, photo, name }: OtherClient): Promise<void> {
  const body = new Uint8Array(readFileSync(photo));
  const headers = { 'content-type': 'image/png', 'x-api-key': key };
  while (!isStopped) {
    const start = performance.now();
    try {
      const reply = await fetch(`${url}/recognize`, { method: 'POST', headers, body });
      const text = await reply.text();
      if (reply.status !== 200 || !isRight(text, name)) seen.wrong.push(`${reply.status} ${text.slice(0, 200)}`);
    } catch (error) {
      seen.wrong.push(String(error));
    }
    seen.recogniseTook.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
