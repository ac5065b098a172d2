import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';
import { runForHolder } from '../../shared/fair-share.js';

export const actorSchema = z.discriminatedUnion('kind', [
  /** A request with an access key; `id` is the key's public part. */
  z.strictObject({ kind: z.literal('key'), id: z.string().max(100) }),
  /** A request to a server that asks for no key. */
  z.strictObject({ kind: z.literal('local') }),
  /** A command of a system user. */
  z.strictObject({ kind: z.literal('cli'), user: z.string().max(100) }),
  /** The server itself. */
  z.strictObject({ kind: z.literal('server'), task: z.string().max(100).optional() }),
]);

/** Who makes a change. */
export type Actor = z.infer<typeof actorSchema>;

export const SERVER: Actor = { kind: 'server' };
const current = new AsyncLocalStorage<Actor>();

/** Runs `work`, including its async continuations, as this actor. */
export function runAs<T>(actor: Actor, work: () => T): T {
  return runForHolder(actor.kind === 'key' ? actor.id : actor.kind, () => current.run(actor, work));
}

/** The actor of the current async context. Default: the server. */
export function currentActor(): Actor {
  return current.getStore() ?? SERVER;
}
