/** The people of one client and the ids of their examples, in order. */
export type Model = ReadonlyMap<string, readonly string[]>;

export type Change =
  | { readonly kind: 'enrol'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'removeExample'; readonly name: string; readonly example: string }
  | { readonly kind: 'removePerson'; readonly name: string };

/** @param added id of the new example, if the change adds one */
export function after(model: Model, change: Change, added: string): Model {
  const next = new Map(model);
  const examples = model.get(change.name) ?? [];
  if (change.kind === 'enrol') return next.set(change.name, [...examples, added]);
  next.delete(change.name);
  if (change.kind === 'rename') next.set(change.to, examples);
  const left = change.kind === 'removeExample' ? examples.filter((id) => id !== change.example) : [];
  if (left.length > 0) next.set(change.name, left);
  return next;
}

/** Whether the people on the server equal the model, with or without the unacknowledged change. */
export function reconcile(model: Model, underWay: Change | null, found: Model): Model | null {
  const possible = [model];
  if (underWay !== null) {
    const before = new Set([...model.values()].flat());
    const added = [...found.values()].flat().find((id) => !before.has(id));
    possible.push(after(model, underWay, added ?? 'none'));
  }
  return possible.find((candidate) => textOf(candidate) === textOf(found)) ?? null;
}

function textOf(model: Model): string {
  return JSON.stringify([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Changes its own people continuously, one change at a time, and records acknowledged changes. */
export class Client {
  model: Model = new Map();
  underWay: Change | null = null;
  readonly seen = { acknowledged: 0, refused: 0 };
  #stopped = false;

  constructor(
    private readonly names: readonly string[],
    private readonly photos: readonly Uint8Array[],
    /** Expected error codes. */
    private readonly expected: readonly string[] = [],
  ) {}

  /** Ends when it is stopped or the server is gone. @throws Error on an unexpected response */
  async run(url: string): Promise<void> {
    this.#stopped = false;
    while (!this.#isStopped()) {
      const change = this.#next();
      this.underWay = change;
      const reply = await this.#send(url, change).catch(() => null);
      if (reply === null) return;
      if (reply.error === undefined) {
        this.model = after(this.model, change, reply.enrolled?.[0].example ?? 'none');
        this.seen.acknowledged += 1;
      } else if (this.expected.includes(reply.error.code)) this.seen.refused += 1;
      else throw new Error(`${JSON.stringify(change)} was answered ${JSON.stringify(reply.error)}`);
      this.underWay = null;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  #next(): Change {
    const people = [...this.model];
    const dice = Math.random();
    if (people.length === 0 || dice < 0.5) return { kind: 'enrol', name: pick(this.names) };
    const [name, examples] = pick(people);
    const free = this.names.filter((candidate) => !this.model.has(candidate));
    if (dice < 0.65 && free.length > 0) return { kind: 'rename', name, to: pick(free) };
    if (dice < 0.85) return { kind: 'removeExample', name, example: pick(examples) };
    return { kind: 'removePerson', name };
  }

  async #send(url: string, change: Change): Promise<Reply> {
    const person = `${url}/people/${encodeURIComponent(change.name)}`;
    if (change.kind === 'enrol') {
      const form = new FormData();
      form.append('name', change.name);
      form.append('file', new Blob([new Uint8Array(pick(this.photos))]), 'photo.jpg');
      return this.#ask(`${url}/upload`, { method: 'POST', body: form });
    }
    if (change.kind === 'removePerson') return this.#ask(person, { method: 'DELETE' });
    if (change.kind === 'removeExample') return this.#ask(`${person}/examples/${change.example}`, { method: 'DELETE' });
    const headers = { 'content-type': 'application/json' };
    return this.#ask(person, { method: 'PATCH', headers, body: JSON.stringify({ name: change.to }) });
  }

  async #ask(url: string, init: RequestInit): Promise<Reply> {
    const response = await fetch(url, init);
    return (await response.json()) as Reply;
  }
}

interface Reply {
  readonly error?: { readonly code: string };
  readonly enrolled?: readonly { readonly example: string }[];
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)];
}

/** All people on the server with the ids of their examples; also fetches all stored photos. */
export async function peopleOn(url: string): Promise<{ readonly people: Model; readonly crops: Map<string, string> }> {
  const list = (await (await fetch(`${url}/people?size=100`)).json()) as { people: { name: string }[]; total: number };
  if (list.total > list.people.length) throw new Error('more people than a page holds');
  const people = new Map<string, string[]>();
  const crops = new Map<string, string>();
  for (const { name } of list.people) {
    const reply = await fetch(`${url}/people/${encodeURIComponent(name)}/examples`);
    const { examples } = (await reply.json()) as { examples: { id: string; crop: string }[] };
    for (const { id, crop } of examples) crops.set(id, await cropOn(`${url}${crop}`));
    people.set(
      name,
      examples.map(({ id }) => id),
    );
  }
  return { people, crops };
}

async function cropOn(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

/** Whether a response has exactly the expected names. */
export function isRight(body: string, expected: string | null): boolean {
  const { faces } = JSON.parse(body) as { faces: readonly { readonly name: string | null }[] };
  const named = faces.map(({ name }) => name).filter((name) => name !== null);
  return faces.length > 0 && (expected === null ? named.length === 0 : named.length === 1 && named[0] === expected);
}
