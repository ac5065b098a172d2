import type { PersonDetails } from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';

/** Whether a person may be enrolled without a consent. */
export const CONSENT_POLICIES = ['optional', 'required'] as const;
export type ConsentPolicy = (typeof CONSENT_POLICIES)[number];

/**
 * Refuses a new person without consent, and taking away the consent of a person who has one.
 * @param current the enrolled person; null where the name is not enrolled
 * @throws RostroError `consent_required`
 */
export function requireConsent(
  policy: ConsentPolicy,
  { consent }: Partial<PersonDetails>,
  current: Pick<PersonDetails, 'consent'> | null,
): void {
  if (policy === 'optional' || consent) return;
  if (current === null) {
    throw new RostroError(
      'consent_required',
      'This server enrols new people only with their consent: say on what basis the person is enrolled, and since when.',
    );
  }
  if (consent === null && current.consent) {
    throw new RostroError(
      'consent_required',
      'This server keeps people only with their consent: replace the consent, or erase the person.',
    );
  }
}
