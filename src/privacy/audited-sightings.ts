import type { Gallery } from '../gallery/gallery.js';
import { sightingNotFound, type SightingStore } from '../history/sighting-store.js';
import type { SightingFilter } from '../history/sighting.js';
import type { AuditTrail } from './audit/trail.js';

export interface AuditedSightingsParts {
  readonly sightings: SightingStore;
  readonly gallery: Pick<Gallery, 'people'>;
  readonly trail: AuditTrail;
}

/** Erases sightings on request, and records it in the audit log. */
export class AuditedSightings {
  constructor(private readonly parts: AuditedSightingsParts) {}

  /** @returns how many were erased. @throws RostroError `storage_failed`, `database_unreachable` */
  async erase(filter: SightingFilter): Promise<number> {
    const { sightings } = this.parts;
    return this.recorded(filter.person ?? null, () => sightings.remove(filter));
  }

  /** @throws RostroError `sighting_not_found`, `storage_failed`, `database_unreachable` */
  async eraseOne(id: string): Promise<void> {
    const { sightings } = this.parts;
    const sighting = await sightings.get(id);
    if (sighting === null) throw sightingNotFound();
    await this.recorded(sighting.person, async () => Number(await sightings.removeOne(id)));
  }

  private async recorded(person: string | null, work: () => Promise<number>): Promise<number> {
    const isEnrolled = this.parts.gallery.people().some(({ name }) => name === person);
    const { result } = await this.parts.trail.change('erase_sightings', isEnrolled ? person : null, work, (count) => ({
      sightings: count,
    }));
    return result;
  }
}
