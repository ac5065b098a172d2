import { Agent, get } from 'node:http';

/**
 * A separate process, so that its measurements do not include the load. Requests a URL 20 times per second without
 * waiting for earlier responses until it is stopped; then sends the latencies in milliseconds. Sends `ready` after the
 * first response.
 */
const INTERVAL_MS = 50;
const url = process.argv[2];
const agent = new Agent({ keepAlive: true });
const took: number[] = [];
const failed: string[] = [];

const timer = setInterval(() => {
  const start = performance.now();
  get(url, { agent }, (reply) => {
    reply.resume();
    reply.on('end', () => {
      took.push(performance.now() - start);
      if (took.length === 1) process.send?.('ready');
      if (reply.statusCode !== 200) failed.push(`status ${reply.statusCode}`);
    });
  }).on('error', (error) => failed.push(error.message));
}, INTERVAL_MS);

process.once('message', () => {
  clearInterval(timer);
  process.send?.({ took, failed }, () => process.disconnect());
  agent.destroy();
});
