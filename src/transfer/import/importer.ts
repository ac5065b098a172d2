import type { Gallery, Person } from '../../gallery/gallery.js';
import type { ConsentPolicy } from '../../people/consent.js';
import type { Enrolment } from '../../people/enrolment.js';
import { EnrolledPhotos } from '../../people/same-photo.js';
import { forEachConcurrent } from '../../shared/queue.js';
import { PersonImport, type PersonImportParts } from './person-import.js';
import type { PhotoSource } from './photo-sources.js';
import type { ImportPlan, PlannedPerson, PlannedPhoto } from './plan.js';
import { countsOf, type ImportCounts, type ImportLine } from './report.js';
import { Withdrawn } from './withdrawn.js';

export interface ImporterParts {
  readonly enrolment: Pick<Enrolment, 'prepare'>;
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'similarNames' | 'addAll' | 'describe'>;
  readonly maxImageBytes: number;
  readonly consent?: ConsentPolicy | undefined;
}

export interface ImportRun {
  readonly plan: ImportPlan;
  readonly source: PhotoSource;
  /** Photos processed at the same time. */
  readonly concurrency: number;
  /** Stops the import; photos that are being processed are not reached. */
  readonly signal?: AbortSignal;
  /** Called with the outcome of each photo, after it was written. */
  readonly onLine?: (line: ImportLine) => void;
  /** People who are no longer to be enrolled. */
  readonly withdrawn?: Withdrawn;
}

export interface ImportReport {
  readonly counts: ImportCounts;
  /** In the order of the plan, without photos that were not reached. */
  readonly lines: readonly ImportLine[];
  /** Whether every photo was reached. */
  readonly complete: boolean;
}

/** Maximum number of pending gallery writes; further photos wait. */
const MAX_WRITES = 16;

/**
 * Enrols many photos. Skips photos that are already enrolled, by their SHA-256, so that an interrupted import can be
 * continued by running it again.
 */
export class Importer {
  constructor(private readonly parts: ImporterParts) {}

  /** @throws RostroError `storage_failed`, `gallery_locked`; outcomes passed to `onLine` remain valid */
  async run(run: ImportRun): Promise<ImportReport> {
    const { plan, source, concurrency, signal, onLine, withdrawn = new Withdrawn() } = run;
    const lines = new ReportBuilder(plan, withdrawn, onLine);
    const writes = new PendingWrites();
    const { enrolment, gallery, maxImageBytes, consent } = this.parts;
    const people = gallery.people();
    const shared = { source, signal, withdrawn, idOwners: ownersOf(people), photos: new EnrolledPhotos(people) };
    const parts: PersonImportParts = { enrolment, gallery, maxImageBytes, consent, ...shared };
    const unfinished = new Set<PersonImport>();
    const work = async ({ person, photo }: Step): Promise<void> => {
      const shouldWrite = await person.addPhoto(photo);
      if (shouldWrite) writes.begin(person.write());
      if (person.isDone) unfinished.delete(person);
      await writes.waitForSlot();
    };
    const steps = stepsOf(plan.people, (planned) => {
      const person = new PersonImport(parts, planned, (photo, line) => lines.add(photo, line));
      unfinished.add(person);
      return person;
    });
    try {
      await forEachConcurrent(steps, concurrency, work, signal);
    } finally {
      for (const person of unfinished) writes.begin(person.write());
      await writes.idle();
    }
    return lines.report();
  }
}

interface Step {
  readonly person: PersonImport;
  readonly photo: PlannedPhoto;
}

/** Sorted by person, so that the photos of a person are written together. */
function* stepsOf(people: readonly PlannedPerson[], begin: (person: PlannedPerson) => PersonImport): Generator<Step> {
  for (const planned of people) {
    const person = begin(planned);
    for (const photo of planned.photos) yield { person, photo };
  }
}

function ownersOf(people: readonly Person[]): Map<string, string> {
  return new Map(people.flatMap(({ id, name }) => (id === null ? [] : [[id, name] as const])));
}

/** Collects the outcomes. */
class ReportBuilder {
  private readonly byPhoto = new Map<PlannedPhoto, ImportLine>();
  private readonly extra: ImportLine[] = [];

  constructor(
    private readonly plan: ImportPlan,
    private readonly withdrawn: Withdrawn,
    private readonly onLine?: (line: ImportLine) => void,
  ) {
    for (const line of plan.refused) onLine?.(line);
  }

  /** @param photo null for a line about a person */
  add(photo: PlannedPhoto | null, line: ImportLine): void {
    if (photo === null) this.extra.push(line);
    else this.byPhoto.set(photo, line);
    this.onLine?.(line);
  }

  report(): ImportReport {
    const people = this.plan.people.filter(({ name }) => !this.withdrawn.has(name));
    const photos = people.flatMap((person) => person.photos);
    const reached = photos.flatMap((photo) => this.byPhoto.get(photo) ?? []);
    const lines = [...this.plan.refused, ...reached, ...this.extra];
    return { counts: countsOf(lines), lines, complete: reached.length === photos.length };
  }
}

/** Gallery writes in progress. The first failure ends the import. */
class PendingWrites {
  private readonly running = new Set<Promise<void>>();
  private failure: unknown;

  begin(write: Promise<void>): void {
    const settled = write
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.running.delete(settled));
    this.running.add(settled);
  }

  /** Waits until another write may start. @throws the first failure */
  async waitForSlot(): Promise<void> {
    while (this.running.size >= MAX_WRITES) await Promise.race(this.running);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** Waits for all writes. @throws the first failure */
  async idle(): Promise<void> {
    await Promise.all(this.running);
    if (this.failure !== undefined) throw this.failure as Error;
  }
}
