import type { ChildProcess, Serializable } from 'node:child_process';
import type { Transferable } from 'node:worker_threads';
import { RostroError, type ErrorCode } from './errors.js';

/** What a call returned or threw, as data: errors lose their class and their code on the way between threads. */
export type Outcome<T> =
  | { readonly value: T }
  | { readonly error: ErrorData }
  | { readonly unexpected: { readonly message: string; readonly stack: string | undefined } };

interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Calls `work` at once. Never rejects, so that a call that does reject means a thread that has ended. */
export async function outcomeOf<T>(work: () => T | PromiseLike<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof RostroError) {
      return { error: { code: error.code, message: error.message, details: error.details } };
    }
    if (error instanceof Error) return { unexpected: { message: error.message, stack: error.stack } };
    return { unexpected: { message: String(error), stack: undefined } };
  }
}

/** @throws RostroError as it was thrown on the other side; Error with the message and the stack of any other error */
export function unwrap<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  if ('error' in outcome) {
    const { code, message, details } = outcome.error;
    throw new RostroError(code, message, { details });
  }
  const { message, stack } = outcome.unexpected;
  throw Object.assign(new Error(message), stack === undefined ? {} : { stack });
}

/** A `MessagePort`, or the channel to another process. Both sides may serve and call through the same port. */
export interface RpcPort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  ref(): void;
  unref(): void;
  close(): void;
}

/** The channel to a child process or to the parent. Messages are copied. */
export function processPort(peer: ChildProcess | NodeJS.Process): RpcPort {
  // The channel to the parent keeps a child process alive.
  const channel = peer === process ? null : peer.channel;
  return {
    postMessage(message) {
      // An error means that the channel has closed, which is reported anyway.
      if (peer.connected) peer.send!(message as Serializable, undefined, undefined, () => undefined);
    },
    on: (_event, listener) => peer.on('message', listener),
    once: (_event, listener) => peer.once('disconnect', listener),
    ref: () => channel?.ref(),
    unref: () => channel?.unref(),
    close() {
      if (peer.connected) peer.disconnect();
    },
  };
}

/** Constraint: an interface or type with methods only. */
export type Methods<T> = { [M in keyof T]: (...params: never[]) => unknown };
type Method<T> = keyof T & string;
type Params<T, M extends keyof T> = T[M] extends (...params: infer P) => unknown ? P : never;
type Result<T, M extends keyof T> = T[M] extends (...params: never[]) => infer R ? Awaited<R> : never;

interface CallMessage {
  /** Null for a notification, which has no answer. */
  readonly id: number | null;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface AnswerMessage {
  readonly id: number;
  readonly outcome: Outcome<unknown>;
}

type AnyMethods = Readonly<Record<string, (...params: readonly unknown[]) => unknown>>;

/**
 * Answers the calls that arrive at a port. Each method is called as soon as its message is received, so synchronous
 * methods take effect in the order of the calls. An error of a notified method is an uncaught error of this thread.
 */
export function serveRpc<T extends Methods<T>>(port: RpcPort, methods: T): void {
  port.on('message', (received) => {
    const message = received as CallMessage | AnswerMessage;
    if ('outcome' in message) return;
    const { id } = message;
    if (id === null) return receive(methods, message);
    void outcomeOf(() => receive(methods, message)).then((outcome) => {
      port.postMessage({ id, outcome } satisfies AnswerMessage);
    });
  });
}

export type Notify<T> = <M extends Method<T>>(method: M, ...params: Params<T, M>) => void;

/** Calls methods of the other side without waiting for an answer. Nothing happens when the port is closed. */
export function notifier<T extends Methods<T>>(port: RpcPort): Notify<T> {
  return (method, ...params) => port.postMessage({ id: null, method, params } satisfies CallMessage);
}

function receive(methods: object, { method, params }: CallMessage): unknown {
  return (methods as AnyMethods)[method](...params);
}

export interface RpcClientOptions<Events> {
  /** The error of calls that are pending when the connection ends, and of later calls. */
  readonly closedError: () => Error;
  /** Called once when either side has closed the port, or the other thread has ended; before pending calls are rejected. */
  readonly onClose?: () => void;
  /** What the other side may call with a {@link notifier}. */
  readonly events?: Events;
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Calls the methods `T` that {@link serveRpc} serves at the other end of a port. Calls arrive in their order. The port
 * keeps this thread alive only while a call is pending.
 */
export class RpcClient<T extends Methods<T>, Events extends Methods<Events> = object> {
  private readonly pending = new Map<number, PendingCall>();
  private lastId = 0;
  private closed = false;

  constructor(
    private readonly port: RpcPort,
    private readonly options: RpcClientOptions<Events>,
  ) {
    port.on('message', (received) => {
      const message = received as CallMessage | AnswerMessage;
      if ('outcome' in message) this.settle(message);
      else if (message.id === null) receive(options.events ?? {}, message);
    });
    port.once('close', () => this.end());
    port.unref();
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /**
   * @param transfer buffers in `params` that are moved to the other thread instead of copied
   * @throws what the method throws, see {@link unwrap}; `closedError` when the connection ends before the answer
   */
  call<M extends Method<T>>(
    method: M,
    params: Params<T, M>,
    transfer: readonly Transferable[] = [],
  ): Promise<Result<T, M>> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.options.closedError());
      const id = ++this.lastId;
      this.port.postMessage({ id, method, params } satisfies CallMessage, transfer);
      this.pending.set(id, { resolve: resolve as PendingCall['resolve'], reject });
      this.port.ref();
    });
  }

  /** Calls without waiting for an answer. Nothing happens when the port is closed. */
  notify<M extends Method<T>>(method: M, params: Params<T, M>, transfer: readonly Transferable[] = []): void {
    this.port.postMessage({ id: null, method, params } satisfies CallMessage, transfer);
  }

  close(): void {
    this.port.close();
    this.end();
  }

  private settle({ id, outcome }: AnswerMessage): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.port.unref();
    try {
      call?.resolve(unwrap(outcome));
    } catch (error) {
      call?.reject(error);
    }
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.options.onClose?.();
    for (const { reject } of this.pending.values()) reject(this.options.closedError());
    this.pending.clear();
  }
}
