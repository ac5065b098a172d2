import { userInfo } from 'node:os';
import type { Actor } from '../privacy/audit/actor.js';

/** Whoever typed the command. */
export function commandActor(): Actor {
  try {
    return { kind: 'cli', user: userInfo().username.slice(0, 100) };
  } catch {
    return { kind: 'cli', user: 'unknown' };
  }
}
