import { setTimeout } from 'node:timers/promises';
import { RostroError, type ErrorCode } from '../../shared/errors.js';
import { type Gallery, idTaken, NO_DETAILS, type PersonDetails, saysTheSame } from '../../gallery/gallery.js';
import { type Enrolment, hashPhoto, type PreparedExample } from '../../people/enrolment.js';
import type { PlannedPerson, PlannedPhoto } from './plan.js';
import type { PhotoSource } from './photo-source.js';
import { enrolment, known, refusal, type ImportLine } from './report.js';

export interface IntakeParts {
  readonly enrolment: Pick<Enrolment, 'prepare'>;
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'addAll' | 'describe'>;
  readonly maxImageBytes: number;
  readonly source: PhotoSource;
  /** Whose own id each is: id -> name. Grows with the import. */
  readonly idOwners: Map<string, string>;
}

interface Ready {
  readonly photo: PlannedPhoto;
  readonly prepared: PreparedExample;
}

/** Examples of one person that go to the disk in one change. */
const EXAMPLES_A_CHANGE = 32;
const BUSY_PAUSE_MS = 100;
/** These are of the gallery, not of a photo: they end the import. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['storage_failed', 'gallery_locked', 'internal']);

/** The photos of one person on their way into the gallery. */
export class PersonIntake {
  private readonly enrolled: ReadonlyMap<string, string>;
  /** Photos of this run by their hash, so that the same one twice is one example: what was wrong with each, null for nothing. */
  private readonly looks = new Map<string, Promise<unknown>>();
  private readonly refusal: RostroError | null;
  private ready: Ready[] = [];
  private left: number;

  constructor(
    private readonly parts: IntakeParts,
    private readonly person: PlannedPerson,
    private readonly tell: (photo: PlannedPhoto | null, line: ImportLine) => void,
  ) {
    this.left = person.photos.length;
    this.enrolled = new Map(
      this.current()?.examples.flatMap(({ id, details }) => (details?.photoHash ? [[details.photoHash, id]] : [])),
    );
    this.refusal = this.claimId();
  }

  get isDone(): boolean {
    return this.left === 0;
  }

  /** @returns whether there is something to write now */
  async take(photo: PlannedPhoto): Promise<boolean> {
    try {
      if (this.refusal) throw this.refusal;
      await this.look(photo);
    } catch (error) {
      if (!(error instanceof RostroError) || FATAL.has(error.code)) throw error;
      this.tell(photo, refusal(this.placeOf(photo), error));
    }
    this.left--;
    return this.left === 0 || this.ready.length >= EXAMPLES_A_CHANGE;
  }

  /** Writes what is ready in one change, and with the last photo what the list says of the person. */
  async write(): Promise<void> {
    const ready = this.ready.splice(0);
    try {
      if (ready.length > 0) await this.add(ready);
      else if (this.isDone) await this.describe();
    } catch (error) {
      if (!(error instanceof RostroError) || FATAL.has(error.code)) throw error;
      for (const { photo } of ready) this.tell(photo, refusal(this.placeOf(photo), error));
      if (ready.length === 0) this.tell(null, refusal({ file: null, line: null, person: this.person.name }, error));
    }
  }

  private async look(photo: PlannedPhoto): Promise<void> {
    const bytes = await this.parts.source.read(photo.file, this.parts.maxImageBytes);
    const hash = hashPhoto(bytes);
    const example = this.enrolled.get(hash);
    if (example !== undefined) return this.tell(photo, known(this.placeOf(photo), example));
    const earlier = this.looks.get(hash);
    if (earlier) {
      const error = await earlier;
      if (error) throw error as Error;
      return this.tell(photo, known(this.placeOf(photo), null));
    }
    const look = this.prepare(bytes, photo.face ?? undefined);
    this.looks.set(
      hash,
      look.then(
        () => null,
        (error: unknown) => error,
      ),
    );
    this.ready.push({ photo, prepared: await look });
  }

  /** Whoever asks the server meanwhile is not to be refused because of the import, and the import waits. */
  private async prepare(bytes: Uint8Array, face: number | undefined): Promise<PreparedExample> {
    for (;;) {
      try {
        return await this.parts.enrolment.prepare(bytes, face);
      } catch (error) {
        if (!(error instanceof RostroError) || error.code !== 'busy') throw error;
        await setTimeout(BUSY_PAUSE_MS);
      }
    }
  }

  private async add(ready: readonly Ready[]): Promise<void> {
    const { gallery } = this.parts;
    const examples = ready.map(({ prepared }) => prepared.example);
    const added = await gallery.addAll(this.person.name, examples, (known) => this.said(known ?? NO_DETAILS));
    ready.forEach(({ photo, prepared }, i) => {
      const warnings = prepared.warnings.map(({ code }) => code);
      this.tell(photo, enrolment(this.placeOf(photo), added[i].example.id, warnings));
    });
  }

  private async describe(): Promise<void> {
    const person = this.current();
    if (person === null || this.refusal) return;
    if (saysTheSame(person, this.said(person))) return;
    await this.parts.gallery.describe(this.person.name, (known) => this.said(known ?? NO_DETAILS));
  }

  /** What was known of the person and what the list adds: groups and metadata add up. */
  private said(before: PersonDetails): PersonDetails {
    const { details } = this.person;
    return {
      id: details.id ?? before.id,
      metadata: { ...before.metadata, ...details.metadata },
      groups: [...new Set([...before.groups, ...(details.groups ?? [])])].sort(),
    };
  }

  /** Another id than theirs means somebody else of the same name, who must not become one with them unasked. */
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
