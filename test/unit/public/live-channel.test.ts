import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rostro, RostroApiError, type LiveRecognition } from '../../../src/client/index.js';
import { LiveChannel } from '../../../public/js/live/channel.js';
import { ANSWERED_FRAME } from '../../helpers/answered-frame.js';

const FRAME = new Blob(['jpeg']);
const rostro = new Rostro({ url: 'http://server' });
const answer: LiveRecognition = {
  ...ANSWERED_FRAME,
  found: 'detected',
};
const notReady = () => new RostroApiError('not_ready', 'loading', { status: 503 });

/** A WebSocket whose other end is the test. */
class FakeWebSocket extends EventTarget {
  static readonly all: FakeWebSocket[] = [];
  static isForbidden = false;
  readonly sent: ArrayBuffer[] = [];
  closed = false;

  constructor(readonly url: string) {
    super();
    if (FakeWebSocket.isForbidden) throw new DOMException('', 'SecurityError');
    FakeWebSocket.all.push(this);
  }

  send(data: ArrayBuffer): void {
    this.sent.push(data);
  }

  close(): void {
    if (!this.closed) this.dispatchEvent(new Event('close'));
    this.closed = true;
  }

  open(): void {
    this.dispatchEvent(new Event('open'));
  }

  say(message: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }
}

/** A channel whose requests are answered, or refused, by what `reply` says at the moment. */
class Bench {
  readonly posts: string[] = [];
  now = 0;
  reply: () => LiveRecognition = () => answer;

  readonly channel = new LiveChannel({
    connect: () => rostro.live(),
    post: async (_frame, { session }) => {
      this.posts.push(session);
      return Promise.resolve().then(this.reply);
    },
    now: () => this.now,
  });

  ask(signal = new AbortController().signal) {
    return this.channel.recognize(FRAME, { signal });
  }

  /** A frame to whose socket this happens. */
  async askWhile(happens: (socket: FakeWebSocket) => void) {
    const asked = this.ask();
    happens(FakeWebSocket.all.at(-1)!);
    return asked;
  }

  /** A frame that has been sent over a socket, new or not. */
  async underWay(signal?: AbortSignal) {
    const answer = this.ask(signal);
    const socket = FakeWebSocket.all.at(-1)!;
    const number = socket.sent.length + 1;
    socket.open();
    await vi.waitFor(() => expect(socket.sent).toHaveLength(number), { interval: 1 });
    return { answer, socket, number };
  }

  /** A frame that a socket, new or not, answers. */
  async askSocket() {
    const { answer: asked, socket, number } = await this.underWay();
    socket.say({ type: 'faces', frame: number, ...answer });
    return asked;
  }
}

let bench: Bench;
const sockets = FakeWebSocket.all;

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeWebSocket);
  FakeWebSocket.isForbidden = false;
  sockets.length = 0;
  bench = new Bench();
});
afterEach(() => vi.unstubAllGlobals());

describe('a channel over a socket', () => {
  it('connects with the first frame, and sends them all over the one connection', async () => {
    expect(sockets).toHaveLength(0);
    const first = await bench.askSocket();
    const { session, ...rest } = await bench.askSocket();
    expect(rest).toEqual(answer);
    expect(session).toBe(first.session);
    expect(sockets.map(({ url }) => url)).toEqual(['ws://server/live']);
    expect(sockets[0].sent.map((bytes) => Buffer.from(bytes).toString())).toEqual(['jpeg', 'jpeg']);
    expect(bench.posts).toEqual([]);
  });

  it.each([
    ['error', { error: { code: 'busy', message: 'Full.', details: { wait: 1 } } }, 'busy'],
    ['dropped', {}, 'busy'],
    ['error', { error: { code: 'damaged_image', message: 'Broken.', details: {} } }, 'damaged_image'],
  ])('tells what the server answers with %s %j', async (type, facts, code) => {
    await bench.askSocket();
    const { answer: asked } = await bench.underWay();
    sockets[0].say({ type, frame: 2, ...facts });
    await expect(asked).rejects.toBeInstanceOf(RostroApiError);
    await expect(asked).rejects.toMatchObject({ code });
    await bench.askSocket();
    expect([sockets.length, bench.posts]).toEqual([1, []]);
  });

  it('is closed with the frame that is given up, and connects again with the next', async () => {
    const abort = new AbortController();
    const { answer: asked } = await bench.underWay(abort.signal);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(sockets[0].closed).toBe(true);
    await bench.askSocket();
    expect([sockets.length, bench.posts]).toEqual([2, []]);
  });

  it('is closed while it is being opened', async () => {
    const abort = new AbortController();
    const asked = bench.ask(abort.signal);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(sockets[0].closed).toBe(true);
  });

  it('closes when it is told so, and connects in a new session', async () => {
    const { session } = await bench.askSocket();
    bench.channel.close();
    expect(sockets[0].closed).toBe(true);
    expect((await bench.askSocket()).session).not.toBe(session);
    expect([sockets.length, bench.posts]).toEqual([2, []]);
  });

  it('connects again at once when the connection broke between two frames', async () => {
    await bench.askSocket();
    sockets[0].close();
    await bench.askSocket();
    expect([sockets.length, bench.posts]).toEqual([2, []]);
  });
});

describe('a channel whose socket fails', () => {
  it.each([
    ['cannot be opened', (socket: FakeWebSocket) => socket.close()],
    ['fails without being closed', (socket: FakeWebSocket) => socket.dispatchEvent(new Event('error'))],
    ['breaks as soon as it is open', (socket: FakeWebSocket) => (socket.open(), socket.close())],
  ])('sends the frame by a request when it %s', async (_, happens) => {
    const { session, ...rest } = await bench.askWhile(happens);
    expect(rest).toEqual(answer);
    expect(bench.posts).toEqual([session]);
    expect(session).toMatch(/^[0-9a-f]{32}$/);
  });

  it('sends a frame again that was under way when it broke', async () => {
    const { answer: asked, socket } = await bench.underWay();
    socket.close();
    await expect(asked).resolves.toMatchObject(answer);
    expect(bench.posts).toHaveLength(1);
  });

  it('does the same where the browser forbids it', async () => {
    FakeWebSocket.isForbidden = true;
    await bench.ask();
    expect(bench.posts).toHaveLength(1);
  });

  it('tries it again after one second, two, four and at last every minute, in one session meanwhile', async () => {
    const waits: number[] = [];
    let triedAt = 0;
    while (waits.length < 8) {
      const tried = sockets.length;
      const asked = bench.ask();
      if (sockets.length > tried) {
        waits.push((bench.now - triedAt) / 1000);
        triedAt = bench.now;
        sockets.at(-1)!.close();
      }
      await asked;
      bench.now += 500;
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60]);
    expect(bench.posts).toHaveLength(bench.now / 500);
    expect(new Set(bench.posts).size).toBe(1);
  });

  it('goes back to it when it works, and is as patient as at first when it fails again', async () => {
    for (const now of [0, 1000]) {
      bench.now = now;
      await bench.askWhile((socket) => socket.close());
    }
    bench.now = 3000;
    await bench.askSocket();
    await bench.askWhile((socket) => socket.close());
    bench.now = 4000;
    await bench.askSocket();
    expect([sockets.length, bench.posts.length]).toEqual([4, 3]);
  });

  it('holds nothing against it when requests fail too: the server is away, or still loading', async () => {
    for (const error of [new RostroApiError('unreachable', 'away'), notReady()]) {
      bench.reply = () => {
        throw error;
      };
      await expect(bench.askWhile((socket) => socket.close())).rejects.toBe(error);
    }
    await bench.askSocket();
    expect([sockets.length, bench.posts.length]).toEqual([3, 2]);
  });

  it('begins a new session after a request that failed', async () => {
    await bench.askWhile((socket) => socket.close());
    bench.reply = () => {
      throw new RostroApiError('unreachable', 'away');
    };
    await expect(bench.ask()).rejects.toMatchObject({ code: 'unreachable' });
    bench.reply = () => answer;
    await bench.ask();
    const [first, second, third] = bench.posts;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('takes one that swallows frames for a server that cannot be reached, and sends the next frame by a request', async () => {
    const { answer: asked } = await bench.underWay(AbortSignal.timeout(20));
    await expect(asked).rejects.toMatchObject({ code: 'timeout' });
    expect(sockets[0].closed).toBe(true);
    await bench.ask();
    expect(bench.posts).toHaveLength(1);
  });

  it('does not wait for one that hangs', async () => {
    vi.useFakeTimers();
    const asked = bench.ask();
    await vi.advanceTimersByTimeAsync(3000);
    vi.useRealTimers();
    await asked;
    expect([sockets[0].closed, bench.posts.length]).toEqual([true, 1]);
  });
});
