import { Agent, request } from 'node:http';

/** Sends requests continuously during a run. */
export interface Clients {
  /** Responses so far and their latencies, milliseconds. */
  readonly times: number[];
  stop(): Promise<void>;
}

/** A number of clients, each of which sends its next photo to `/recognize` when the last one is answered. */
export function startClients(count: number, port: number, jpeg: Buffer): Clients {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const times: number[] = [];
  let running = true;
  const client = async () => {
    while (running) {
      const start = performance.now();
      await recognise(agent, port, jpeg);
      times.push(performance.now() - start);
    }
  };
  const clients = Array.from({ length: count }, client);
  return {
    times,
    stop: async () => {
      running = false;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

/** One client that sends a number of frames. */
export async function sendFrames(count: number, port: number, jpeg: Buffer): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  for (let i = 0; i < count; i++) await recognise(agent, port, jpeg);
  agent.destroy();
}

function recognise(agent: Agent, port: number, jpeg: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': jpeg.length };
    const sent = request(
      { agent, port, host: '127.0.0.1', path: '/recognize', method: 'POST', headers },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(body));
        });
      },
    );
    sent.on('error', reject);
    sent.end(jpeg);
  });
}
