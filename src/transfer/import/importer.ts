import type { Gallery } from '../../gallery/gallery.js';
import { concurrently } from '../../evaluation/concurrently.js';
import type { Enrolment } from '../../people/enrolment.js';
import { PersonIntake, type IntakeParts } from './person-intake.js';
import type { ImportPlan, PlannedPerson, PlannedPhoto } from './plan.js';
import type { PhotoSource } from './photo-source.js';
import { countsOf, type ImportCounts, type ImportLine } from './report.js';

export interface ImporterParts {
  readonly enrolment: Pick<Enrolment, 'prepare'>;
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'addAll' | 'describe'>;
  readonly maxImageBytes: number;
}

export interface ImportRun {
  readonly plan: ImportPlan;
  readonly source: PhotoSource;
  /** Photos that are held at once. */
  readonly concurrency: number;
  /** Stops taking photos; those that are under way are enrolled. */
  readonly signal?: AbortSignal;
  /** Called with what became of each photo, once that is safe. */
  readonly onLine?: (line: ImportLine) => void;
}

export interface ImportReport {
  readonly counts: ImportCounts;
  /** In the order of the plan; photos that were not reached are missing. */
  readonly lines: readonly ImportLine[];
  /** Whether every photo was reached. */
  readonly complete: boolean;
}

/** Changes of the gallery that wait for the disk; beyond that no photo is taken. */
const MAX_WRITES = 16;

/**
 * Enrols many photos. What is there already, by the SHA-256 of the photo, is passed over, so a run that was stopped or
 * killed goes on where it was when it is begun again.
 */
export class Importer {
  constructor(private readonly parts: ImporterParts) {}

  /** @throws RostroError `storage_failed`, `gallery_locked`; what was told by `onLine` stands */
  async run({ plan, source, concurrency, signal, onLine }: ImportRun): Promise<ImportReport> {
    const lines = new Lines(plan, onLine);
    const writes = new Writes();
    const { enrolment, gallery, maxImageBytes } = this.parts;
    const parts: IntakeParts = { enrolment, gallery, maxImageBytes, source, idOwners: ownersOf(gallery) };
    const intakes = new Set<PersonIntake>();
    const work = async ({ intake, photo }: Step): Promise<void> => {
      const full = await intake.take(photo);
      if (full) writes.begin(intake.write());
      if (intake.isDone) intakes.delete(intake);
      await writes.room();
    };
    const steps = stepsOf(plan.people, (person) => {
      const intake = new PersonIntake(parts, person, (photo, line) => lines.tell(photo, line));
      intakes.add(intake);
      return intake;
    });
    try {
      await concurrently(steps, concurrency, work, signal);
    } finally {
      for (const intake of intakes) writes.begin(intake.write());
      await writes.settled();
    }
    return lines.report();
  }
}

interface Step {
  readonly intake: PersonIntake;
  readonly photo: PlannedPhoto;
}

/** One person after the other, so that one person's photos go to the disk together. */
function* stepsOf(people: readonly PlannedPerson[], begin: (person: PlannedPerson) => PersonIntake): Generator<Step> {
  for (const person of people) {
    const intake = begin(person);
    for (const photo of person.photos) yield { intake, photo };
  }
}

function ownersOf(gallery: Pick<Gallery, 'people'>): Map<string, string> {
  return new Map(gallery.people().flatMap(({ id, name }) => (id === null ? [] : [[id, name] as const])));
}

/** The report as it grows. */
class Lines {
  private readonly told = new Map<PlannedPhoto, ImportLine>();
  private readonly besides: ImportLine[] = [];

  constructor(
    private readonly plan: ImportPlan,
    private readonly onLine?: (line: ImportLine) => void,
  ) {
    for (const line of plan.refused) onLine?.(line);
  }

  /** @param photo null for what is said of a person */
  tell(photo: PlannedPhoto | null, line: ImportLine): void {
    if (photo === null) this.besides.push(line);
    else this.told.set(photo, line);
    this.onLine?.(line);
  }

  report(): ImportReport {
    const photos = this.plan.people.flatMap((person) => person.photos);
    const reached = photos.flatMap((photo) => this.told.get(photo) ?? []);
    const lines = [...this.plan.refused, ...reached, ...this.besides];
    return { counts: countsOf(lines), lines, complete: reached.length === photos.length };
  }
}

/** Changes of the gallery that are under way. The first that fails ends the import. */
class Writes {
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

  /** Waits until there is room for another. @throws what the first that failed threw */
  async room(): Promise<void> {
    while (this.running.size >= MAX_WRITES) await Promise.race(this.running);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** @throws what the first that failed threw */
  async settled(): Promise<void> {
    await Promise.all(this.running);
    if (this.failure !== undefined) throw this.failure as Error;
  }
}
