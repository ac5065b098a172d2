import { Agent, request } from 'node:http';

/** Keeps asking for as long as a run lasts. */
export interface Clients {
  /** Answers so far, and how long each took, milliseconds. */
  readonly times: number[];
  stop(): Promise<void>;
}

/** So many clients, each of which sends its next photo to `/recognize` when the answer to the last is in. */
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

/** One client, so many frames. */
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
