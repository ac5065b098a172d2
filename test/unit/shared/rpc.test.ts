import { setTimeout } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import { notifier, outcomeOf, RpcClient, serveRpc, unwrap } from '../../../src/shared/rpc.js';

interface Calculator {
  add(a: number, b: number): number;
  slow(ms: number, answer: string): Promise<string>;
  sum(values: Float32Array): Promise<number>;
  remember(value: number): void;
  remembered(): number[];
  fail(error: unknown): never;
}

interface Events {
  progress(share: number): void;
}

const errors: Record<string, unknown> = {
  expected: new RostroError('no_face', 'There is no face.', { details: { image: { width: 3 } } }),
  unexpected: new TypeError('A defect.'),
  text: 'only text',
};

const ports: MessagePort[] = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

function connect(onClose?: () => void) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const [kept, progress]: [number[], number[]] = [[], []];
  serveRpc<Calculator>(port2, {
    add: (a, b) => a + b,
    slow: (ms, answer) => setTimeout(ms, answer),
    sum: (values) => Promise.resolve(values.reduce((sum, value) => sum + value, 0)),
    remember: (value) => void kept.push(value),
    remembered: () => [...kept],
    fail: (name) => {
      throw errors[name as string];
    },
  });
  const client = new RpcClient<Calculator, Events>(port1, {
    closedError: () => new RostroError('worker_restarted', 'The thread has ended.'),
    events: { progress: (share) => void progress.push(share) },
    ...(onClose && { onClose }),
  });
  return { client, server: port2, progress };
}

describe('calls to another thread', () => {
  it('go both ways through one port', async () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    const closedError = () => new Error('closed');
    const [one, two] = [port1, port2].map((port, side) => {
      serveRpc<{ side(): number }>(port, { side: () => side });
      return new RpcClient<{ side(): number }>(port, { closedError });
    });
    expect(await Promise.all([one.call('side', []), two.call('side', []), one.call('side', [])])).toEqual([1, 0, 1]);
  });

  it('return what the method returns, each call its own answer, in whatever order they come', async () => {
    const { client } = connect();
    const answers = [
      client.call('slow', [20, 'first']),
      client.call('slow', [1, 'second']),
      client.call('add', [1, 2]),
    ];
    expect(await Promise.race(answers)).toBe(3);
    expect(await Promise.all(answers)).toEqual(['first', 'second', 3]);
  });

  it('take effect in the order of the calls, notifications included', async () => {
    const { client } = connect();
    client.notify('remember', [1]);
    const one = client.call('remembered', []);
    client.notify('remember', [2]);
    client.notify('remember', [3]);
    expect([await one, await client.call('remembered', [])]).toEqual([[1], [1, 2, 3]]);
  });

  it('move the buffers of the transfer list instead of copying them', async () => {
    const { client } = connect();
    const values = Float32Array.of(1, 2, 3.5);
    const sum = client.call('sum', [values], [values.buffer]);
    expect(values.length).toBe(0);
    expect(await sum).toBe(6.5);
  });

  it('throw a RostroError with its code and details, and the message and stack of any other error', async () => {
    const { client } = connect();
    const expected: unknown = await client.call('fail', ['expected']).catch((error: unknown) => error);
    expect(expected).toBeInstanceOf(RostroError);
    expect(expected).toMatchObject({
      code: 'no_face',
      message: 'There is no face.',
      details: { image: { width: 3 } },
    });
    const unexpected = (await client.call('fail', ['unexpected']).catch((error: unknown) => error)) as Error;
    expect(unexpected).not.toBeInstanceOf(RostroError);
    expect(unexpected.message).toBe('A defect.');
    expect(unexpected.stack).toContain('rpc.test.ts');
    await expect(client.call('fail', ['text'])).rejects.toThrow('only text');
    expect(await client.call('add', [2, 2])).toBe(4);
  });

  it('reject where a parameter cannot be sent, and leave the connection as it is', async () => {
    const { client } = connect();
    await expect(client.call('fail', [() => undefined])).rejects.toThrow('could not be cloned');
    expect(await client.call('add', [2, 3])).toBe(5);
  });

  it.each([
    ['the other side', ({ server }: ReturnType<typeof connect>) => server.close()],
    ['this side', ({ client }: ReturnType<typeof connect>) => client.close()],
  ])('reject with one stable error when %s closes the connection, pending ones and later ones', async (_, close) => {
    let closed = 0;
    const connection = connect(() => closed++);
    const { client } = connection;
    const pending = [client.call('slow', [5000, 'never']), client.call('slow', [5000, 'never'])];
    const rejected = Promise.all(
      pending.map((call) => expect(call).rejects.toMatchObject({ code: 'worker_restarted' })),
    );
    close(connection);
    await rejected;
    expect(client.isClosed).toBe(true);
    await expect(client.call('add', [1, 1])).rejects.toMatchObject({ code: 'worker_restarted' });
    client.notify('remember', [1]);
    client.close();
    expect(closed).toBe(1);
  });
});

it('a notifier calls the events of the client, in their order', async () => {
  const { client, server, progress } = connect();
  const notify = notifier<Events>(server);
  notify('progress', 0.5);
  notify('progress', 1);
  await client.call('slow', [1, 'done']);
  expect(progress).toEqual([0.5, 1]);
});

it('outcomeOf calls at once, never rejects, and unwrap gives back what it took', async () => {
  let called = false;
  const outcome = outcomeOf(() => {
    called = true;
    return 7;
  });
  expect(called).toBe(true);
  expect(unwrap(await outcome)).toBe(7);
  const failed = structuredClone(await outcomeOf(() => Promise.reject(new RostroError('busy', 'Later.'))));
  expect(() => unwrap(failed)).toThrow(expect.objectContaining({ code: 'busy', message: 'Later.' }) as Error);
});
