import type { AuditTrail } from './audit/trail.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { seenPeople } from '../matching/classifiers/classifier-store.js';
import { discardStaleClassifier, removeLeftOvers } from './learned.js';

export interface StartParts {
  readonly gallery: Pick<Gallery, 'people'>;
  readonly trail: AuditTrail;
  readonly stateDir: string;
  readonly vault: Vault;
  readonly auditFolder: string;
}

/**
 * Finishes what a stop may have left of somebody who was erased, and finds the end of the audit log.
 * @returns what was found, a sentence each
 * @throws RostroError `storage_failed`
 */
export async function finishErasures({ gallery, trail, stateDir, vault, auditFolder }: StartParts): Promise<string[]> {
  const everyone = gallery.people();
  await removeLeftOvers(stateDir, auditFolder);
  const discarded = await discardStaleClassifier(stateDir, seenPeople(everyone), vault);
  const notices = (await trail.log?.open()) ?? [];
  await trail.settle(everyone.map(({ name }) => name));
  const stale = 'a classifier was trained on people or examples that are gone; it was discarded';
  return [...(discarded ? [stale] : []), ...notices];
}
