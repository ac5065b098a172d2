import { setTimeout } from 'node:timers/promises';
import { idTaken } from '../../gallery/errors.js';
import { furtherDetails, type Gallery, NO_DETAILS, type PersonDetails, sameDetails } from '../../gallery/gallery.js';
import { type Enrolment, hashPhoto, type PreparedExample, similarName } from '../../people/enrolment.js';
import { type ConsentPolicy, requireConsent } from '../../people/consent.js';
import type { EnrolledPhotos } from '../../people/same-photo.js';
import { type ErrorCode, RostroError } from '../../shared/errors.js';
import type { PhotoSource } from './photo-sources.js';
import type { PlannedPerson, PlannedPhoto } from './plan.js';
import { alreadyThereLine, enrolledLine, type ImportLine, refusedLine } from './report.js';
import type { Withdrawn } from './withdrawn.js';

export interface PersonImportParts {
  readonly enrolment: Pick<Enrolment, 'prepare'>;
  readonly gallery: Pick<Gallery, 'person' | 'similarNames' | 'addAll' | 'describe'>;
  readonly maxImageBytes: number;
  /** The gallery refuses new people without consent; here before their photos are processed. */
  readonly consent?: ConsentPolicy | undefined;
  readonly source: PhotoSource;
  /** A photo that is being processed when it aborts is not reached. */
  readonly signal?: AbortSignal | undefined;
  readonly withdrawn: Withdrawn;
  /** Owners of user-defined ids, including those of this import: id -> name. */
  readonly idOwners: Map<string, string>;
  /** Of all people, including those of this import. */
  readonly photos: EnrolledPhotos;
}

interface Ready {
  readonly photo: PlannedPhoto;
  readonly prepared: PreparedExample;
}

/** Examples per gallery write. */
const EXAMPLES_PER_WRITE = 32;
const BUSY_PAUSE_MS = 100;
/** Errors of the gallery, not of a photo; they end the import. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['storage_failed', 'gallery_locked', 'internal']);

/** Imports the photos of one person. */
export class PersonImport {
  private readonly enrolled: ReadonlyMap<string, string>;
  /**
   * Photos of this run by hash, to detect duplicates; resolves to the error of the photo, null where there was none.
   */
  private readonly seen = new Map<string, Promise<unknown>>();
  private readonly refusal: RostroError | null;
  private ready: Ready[] = [];
  private remaining: number;

  constructor(
    private readonly parts: PersonImportParts,
    private readonly person: PlannedPerson,
    private readonly report: (photo: PlannedPhoto | null, line: ImportLine) => void,
  ) {
    this.remaining = person.photos.length;
    this.enrolled = new Map(
      this.current()?.examples.flatMap(({ id, details }) => (details?.photoHash ? [[details.photoHash, id]] : [])),
    );
    this.refusal = this.refuseWithoutConsent() ?? this.claimId();
  }

  get isDone(): boolean {
    return this.remaining === 0;
  }

  /** @returns whether `write` should be called now */
  async addPhoto(photo: PlannedPhoto): Promise<boolean> {
    try {
      if (this.refusal) throw this.refusal;
      if (!this.parts.withdrawn.has(this.person.name)) await this.preparePhoto(photo);
    } catch (error) {
      if (this.parts.signal?.aborted) return false;
      if (!(error instanceof RostroError) || FATAL.has(error.code)) throw error;
      this.report(photo, refusedLine(this.placeOf(photo), error));
    }
    this.remaining--;
    return this.remaining === 0 || this.ready.length >= EXAMPLES_PER_WRITE;
  }

  /** Writes the prepared examples with the details of the list, or only the details after the last photo. */
  write(): Promise<void> {
    return this.parts.withdrawn.write(this.person.name, () => this.writeNow());
  }

  private async writeNow(): Promise<void> {
    const ready = this.ready.splice(0);
    try {
      if (ready.length > 0) await this.add(ready);
      else if (this.isDone) await this.describe();
    } catch (error) {
      if (!(error instanceof RostroError) || FATAL.has(error.code)) throw error;
      for (const { photo } of ready) this.report(photo, refusedLine(this.placeOf(photo), error));
      if (ready.length === 0)
        this.report(null, refusedLine({ file: null, line: null, person: this.person.name }, error));
    }
  }

  private async preparePhoto(photo: PlannedPhoto): Promise<void> {
    const bytes = await this.parts.source.read(photo.file, this.parts.maxImageBytes);
    const hash = hashPhoto(bytes);
    const example = this.enrolled.get(hash);
    if (example !== undefined) return this.report(photo, alreadyThereLine(this.placeOf(photo), example));
    const earlier = this.seen.get(hash);
    if (earlier) {
      const error = await earlier;
      if (error) throw error as Error;
      return this.report(photo, alreadyThereLine(this.placeOf(photo), null));
    }
    const preparing = this.prepare(bytes, photo.face ?? undefined);
    this.seen.set(
      hash,
      preparing.then(
        () => null,
        (error: unknown) => error,
      ),
    );
    this.ready.push({ photo, prepared: await preparing });
  }

  /** Retries while the pipeline is busy, because other requests have priority. */
  private async prepare(bytes: Uint8Array, face: number | undefined): Promise<PreparedExample> {
    const { enrolment, signal } = this.parts;
    for (;;) {
      try {
        return await enrolment.prepare(bytes, face, signal);
      } catch (error) {
        if (!(error instanceof RostroError) || error.code !== 'busy') throw error;
        await setTimeout(BUSY_PAUSE_MS, undefined, { signal });
      }
    }
  }

  private async add(ready: readonly Ready[]): Promise<void> {
    const { gallery, photos } = this.parts;
    const examples = ready.map(({ prepared }) => prepared.example);
    let isNew = false as boolean;
    const added = await gallery.addAll(this.person.name, examples, (known) => {
      isNew = known === null;
      return this.mergedDetails(known ?? NO_DETAILS);
    });
    const similar = similarName(isNew ? gallery.similarNames(this.person.name) : []);
    ready.forEach(({ photo, prepared }, i) => {
      const duplicates = photos.warnings(this.person.name, prepared.example.details);
      photos.add(this.person.name, added[i].example);
      const warnings = [...(i === 0 ? similar : []), ...prepared.warnings, ...duplicates];
      this.report(photo, enrolledLine(this.placeOf(photo), added[i].example.id, warnings));
    });
  }

  private async describe(): Promise<void> {
    const person = this.current();
    if (person === null || this.refusal) return;
    if (sameDetails(person, this.mergedDetails(person))) return;
    await this.parts.gallery.describe(this.person.name, (known) => this.mergedDetails(known ?? NO_DETAILS));
  }

  /** The current details with those of the list added. */
  private mergedDetails(before: PersonDetails): PersonDetails {
    const { details } = this.person;
    return {
      id: details.id ?? before.id,
      metadata: { ...before.metadata, ...details.metadata },
      groups: [...new Set([...before.groups, ...(details.groups ?? [])])].sort(),
      ...furtherDetails({ ...before, ...details }),
    };
  }

  private refuseWithoutConsent(): RostroError | null {
    try {
      requireConsent(this.parts.consent ?? 'optional', this.person.details, this.current());
      return null;
    } catch (error) {
      return error as RostroError;
    }
  }

  /** @returns the error where the id belongs to another person, or the person has another id */
  private claimId(): RostroError | null {
    const { details, name } = this.person;
    if (details.id === undefined || details.id === null) return null;
    const owner = this.parts.idOwners.get(details.id);
    if (owner !== undefined && owner !== name) return idTaken(details.id, { name: owner });
    const own = this.current()?.id ?? null;
    if (own !== null && own !== details.id) {
      return new RostroError('person_exists', `"${name}" is already enrolled, with the id "${own}".`);
    }
    this.parts.idOwners.set(details.id, name);
    return null;
  }

  private current() {
    try {
      return this.parts.gallery.person(this.person.name);
    } catch {
      return null;
    }
  }

  private placeOf({ file, line }: PlannedPhoto) {
    return { file, line, person: this.person.name };
  }
}
