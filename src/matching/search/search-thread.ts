import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { oneThread, type Piscina } from '../../shared/one-thread.js';
import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { RpcClient } from '../../shared/rpc.js';
import type { Hit } from './people-search.js';
import type { RowChanges, Searcher } from './search-index.js';
import type { SearchEvents, SearchMethods, SearchThreadSpec } from './search-messages.js';

interface Thread {
  readonly pool: Piscina;
  readonly rpc: RpcClient<SearchMethods, SearchEvents>;
}

/** The index in a thread of its own. When the thread dies, the next call starts another. */
export class SearchThread implements Searcher {
  generation = 1;
  #thread: Thread | null = null;
  #hasWarnedPlain = false;
  #closed = false;

  constructor(
    private readonly spec: SearchThreadSpec,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
  ) {}

  apply(changes: RowChanges): void {
    this.#rpc().notify('apply', [changes], [changes.added.matrix.buffer as ArrayBuffer]);
  }

  /** @throws RostroError `worker_restarted`, `not_ready` */
  async nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]> {
    // Sending a view would copy the whole buffer that it is a part of.
    const copies = embeddings.map((embedding) => embedding.slice());
    return this.#rpc().call('nearest', [copies, people, among]);
  }

  /** Ends the thread; the next call starts another. */
  async renew(): Promise<void> {
    await this.#thread?.pool.destroy();
  }

  /** Pending calls reject, and later ones throw RostroError `not_ready`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.renew();
  }

  #rpc(): Thread['rpc'] {
    if (this.#closed) throw new RostroError('not_ready', 'The server is stopping.');
    this.#thread ??= this.#start();
    return this.#thread.rpc;
  }

  #start(): Thread {
    const pool = oneThread('search-worker', import.meta.url, {
      workerData: this.spec,
      // Between tasks the thread must receive messages of the port, and not sleep until the next task.
      atomics: 'disabled',
    });
    const { port1, port2 } = new MessageChannel();
    const onClose = (error?: unknown) => this.#lose(thread, error);
    const rpc: Thread['rpc'] = new RpcClient(port1, { closedError, onClose, events: this.#events() });
    const thread: Thread = { pool, rpc };
    pool.on('error', onClose);
    pool.run(port2, { transferList: [port2] }).catch(onClose);
    return thread;
  }

  #events(): SearchEvents {
    const { log } = this;
    return {
      nativeSearchMissing: (reason) => this.#warnPlain(reason),
      scanReady: (examples, seconds) => log.info({ examples, seconds }, 'the approximate search is ready'),
    };
  }

  #warnPlain(reason: string): void {
    if (this.#hasWarnedPlain) return;
    this.#hasWarnedPlain = true;
    this.log.warn(
      { reason },
      'the native search does not run on this machine: the gallery is searched in JavaScript, about ten times as slowly',
    );
  }

  #lose(thread: Thread, cause: unknown): void {
    if (thread !== this.#thread) return;
    this.#thread = null;
    this.generation++;
    if (!this.#closed) {
      const reason = cause instanceof Error ? cause.message : undefined;
      this.log.warn({ reason }, 'the search thread ended; the next search starts another');
    }
    void thread.pool.destroy();
    thread.rpc.close();
  }
}

function closedError(): RostroError {
  return new RostroError('worker_restarted', 'The search was lost with its thread; send the photo once more.');
}

/** Removes the search index that earlier versions saved, and what an interrupted save left: both hold embeddings. */
export async function discardSavedGraph(stateDir: string): Promise<void> {
  const names = await readdir(stateDir).catch(() => []);
  const saved = names.filter((name) => name === 'search' || /^search\..+\.tmp$/.test(name));
  for (const name of saved) await rm(join(stateDir, name), { recursive: true, force: true });
}
