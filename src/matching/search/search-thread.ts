import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { RostroError } from '../../shared/errors.js';
import type { Hit, Searcher } from './people-search.js';
import type { RowChanges } from './search-index.js';
import type { Logger } from '../../shared/logger.js';
import { threadFile } from '../../faces/pipeline/thread-file.js';
import { keepGraph } from './keep-graph.js';
import type { SearchReply, SearchRequest, SearchThreadSpec } from './search-messages.js';

interface Waiting {
  readonly resolve: (hits: Hit[][]) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly pool: Piscina;
  readonly port: MessagePort;
}

/** The index in a thread beside everything else. When the thread dies, the next question starts another. */
export class SearchThread implements Searcher {
  generation = 1;
  #thread: Thread | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #erasures = 0;
  #saidPlain = false;
  #closed = false;
  /** Has whoever tells the changes tell those that they have not told yet. */
  follow: () => void = () => undefined;

  constructor(
    private readonly spec: SearchThreadSpec,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
  ) {}

  apply(changes: RowChanges): void {
    if (changes.cleared.length > 0) this.#erasures++;
    this.#send({ kind: 'apply', changes }, [changes.set.matrix.buffer]);
  }

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]> {
    const id = ++this.#asked;
    // A view would take the whole buffer along that it is a part of.
    const copies = embeddings.map((embedding) => embedding.slice());
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'search', id, embeddings: copies, people, among });
      this.#thread?.port.ref();
    });
  }

  /** Ends the thread; the next question starts another. */
  async renew(): Promise<void> {
    await this.#thread?.pool.destroy();
  }

  /** What is asked for still rejects, as do later questions, with RostroError `not_ready`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.renew();
  }

  #send(request: SearchRequest, transfer: ArrayBufferLike[] = []): void {
    if (this.#closed) throw new RostroError('not_ready', 'The server is stopping.');
    this.#thread ??= this.#start();
    this.#thread.port.postMessage(request, transfer as ArrayBuffer[]);
  }

  #start(): Thread {
    const pool = new Piscina({
      ...threadFile('search-worker', import.meta.url),
      workerData: this.spec,
      minThreads: 1,
      maxThreads: 1,
      // Between tasks the thread has to hear the port, not to sleep until the next task.
      atomics: 'disabled',
    });
    const { port1: port, port2 } = new MessageChannel();
    const thread = { pool, port };
    const died = (error: unknown) => this.#lose(thread, error);
    pool.on('error', died);
    pool.run(port2, { transferList: [port2] }).catch(died);
    port.on('message', (reply: SearchReply) => this.#hear(reply));
    port.once('close', () => this.#lose(thread));
    port.unref();
    return thread;
  }

  #hear(reply: SearchReply): void {
    switch (reply.kind) {
      case 'found':
        return this.#settle(reply.id, ({ resolve }) => resolve(reply.hits));
      case 'failed':
        return this.#settle(reply.id, ({ reject }) => reject(new Error(reply.reason)));
      case 'plain':
        return this.#sayPlain(reply.reason);
      case 'unusable':
        return this.log.info({ reason: reply.reason }, 'the saved search index cannot be used and is made anew');
      case 'unsaved':
        return this.log.warn({ reason: reply.reason }, 'the search index could not be saved');
      case 'undiscarded':
        return this.log.warn(
          { reason: reply.reason },
          'the saved search index, which an erased face is in, could not be removed',
        );
      case 'saved':
        return this.#keep(reply.folder, reply.erasures);
    }
  }

  #keep(fresh: string, erasures: number): void {
    const mayKeep = () => {
      this.follow();
      return erasures === this.#erasures;
    };
    keepGraph(fresh, this.spec.folder!, mayKeep).catch((error: unknown) => {
      this.log.warn({ reason: String(error) }, 'the search index could not be saved');
    });
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread?.port.unref();
    if (waiting) how(waiting);
  }

  #sayPlain(reason: string): void {
    if (this.#saidPlain) return;
    this.#saidPlain = true;
    this.log.warn(
      { reason },
      'the native search does not run on this machine: the gallery is searched in JavaScript, about ten times as slowly',
    );
  }

  #lose(thread: Thread, cause?: unknown): void {
    if (thread !== this.#thread) return;
    this.#thread = null;
    this.generation++;
    this.#erasures = 0;
    if (!this.#closed) {
      const reason = cause instanceof Error ? cause.message : undefined;
      this.log.warn({ reason }, 'the search thread ended; the next search starts another');
    }
    void thread.pool.destroy();
    thread.port.close();
    const error = new RostroError('worker_restarted', 'The search was lost with its thread; send the photo once more.');
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
