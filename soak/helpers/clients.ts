import { Client, peopleOn, reconcile, type Model } from './client.js';
import { demand } from './report.js';

/** Several clients of one server, each with its own people, and the expected state after a kill. */
export class Clients {
  readonly clients: readonly Client[];
  #crops = new Map<string, string>();

  constructor(
    photos: readonly Uint8Array[],
    { count, expected = [] }: { count: number; expected?: readonly string[] },
  ) {
    this.clients = Array.from({ length: count }, (_, i) => {
      const names = ['Ada', 'ada', 'José', '山田 太郎', 'a:b'].map((name) => `${name} ${i}`);
      return new Client(names, photos, expected);
    });
  }

  run(url: string): Promise<unknown> {
    return Promise.all(this.clients.map((client) => client.run(url)));
  }

  stop(): void {
    for (const client of this.clients) client.stop();
  }

  total(what: 'acknowledged' | 'refused'): number {
    return this.clients.reduce((sum, { seen }) => sum + seen[what], 0);
  }

  /**
   * Compares the server with the acknowledged changes: all of them must be present; unacknowledged changes must be
   * present entirely or not at all.
   * @throws Error when data is lost, partial, or a photo changed
   */
  async check(url: string): Promise<{ readonly happened: number; readonly undone: number }> {
    const { people, crops } = await peopleOn(url);
    const outcome = { happened: 0, undone: 0 };
    for (const [i, client] of this.clients.entries()) {
      const own: Model = new Map([...people].filter(([name]) => name.endsWith(` ${i}`)));
      const next = reconcile(client.model, client.underWay, own);
      const told = JSON.stringify({ acknowledged: [...client.model], underWay: client.underWay, found: [...own] });
      demand(next !== null, `client ${i}: ${told}`);
      if (client.underWay !== null) outcome[next === client.model ? 'undone' : 'happened'] += 1;
      client.model = next;
      client.underWay = null;
    }
    for (const [id, crop] of crops) demand((this.#crops.get(id) ?? crop) === crop, `the photo of ${id} is another one`);
    this.#crops = crops;
    return outcome;
  }
}
