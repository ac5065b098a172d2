import type { AuditTrail } from './audit/trail.js';
import type { Observer } from '../people/observer.js';

/** Writes into the audit log whom the server took faces for: of a camera's frames, only what is new in them. */
export function auditedLooks(trail: AuditTrail): Observer {
  return {
    looked: () => undefined,
    named(use, _matches, news) {
      const decisions = news.map(({ name, distance }) => ({ name, distance }));
      if (use === 'recognize' || decisions.length > 0) trail.look(use, decisions);
    },
    compared(same, distance) {
      trail.look('verify', [], { same, distance });
    },
    workerRestarted: () => undefined,
  };
}
