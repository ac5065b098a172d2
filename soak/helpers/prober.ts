import { Agent, get } from 'node:http';

/**
 * A process of its own, so that what it measures is not the load's. Asks an address twenty times a second, without
 * waiting for the answers before, until it is told to stop; then it sends what each took, in milliseconds. Says `ready` once it
 * has an answer.
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
