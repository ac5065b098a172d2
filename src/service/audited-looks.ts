import type { AuditTrail } from '../audit/trail.js';
import type { Observer } from './observer.js';

/** Writes into the audit log whom the server took faces for. */
export function auditedLooks(trail: AuditTrail): Observer {
  return {
    looked: () => undefined,
    named(use, matches) {
      trail.look(
        use,
        matches.map(({ name, distance }) => ({ name, distance })),
      );
    },
    compared(same, distance) {
      trail.look('verify', [], { same, distance });
    },
  };
}
