import { Worker } from 'node:worker_threads';

/** Ends the process when `beat` was not called for too long: a thread in an endless loop cannot end itself. */
export class Heartbeat {
  readonly #beats = new Int32Array(new SharedArrayBuffer(4));
  readonly #watch: Worker;

  constructor(longestMs: number) {
    this.#watch = new Worker(WATCH, { eval: true, workerData: { beats: this.#beats, longestMs } });
    this.#watch.unref();
  }

  beat(): void {
    Atomics.add(this.#beats, 0, 1);
  }

  async stop(): Promise<void> {
    await this.#watch.terminate();
  }
}

const WATCH = `
  const { workerData: { beats, longestMs } } = require('node:worker_threads');
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    if (now === last) {
      require('node:fs').writeSync(2, 'input ' + now + ' was not answered within ' + longestMs + ' ms\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    last = now;
  }, longestMs);
`;
