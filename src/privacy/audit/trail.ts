import { randomUUID } from 'node:crypto';
import { storageFailed } from '../../gallery/gallery.js';
import type { AuditLog, LineRef } from './audit-log.js';
import type { AuditEvent, CHANGES, LOOKS } from './entry.js';
import type { LineSource } from './line-store.js';
import type { Subjects } from './subjects.js';

export type ChangeAction = (typeof CHANGES)[number];
export type LookAction = (typeof LOOKS)[number];
export type Facts = NonNullable<AuditEvent['facts']>;

export interface Recorded<T> {
  readonly result: T;
  /** Also the receipt's number, where one is given. */
  readonly change: string;
  /** The line that says that it is done; null where no log is kept. */
  readonly line: LineRef | null;
}

/** Whom a face was taken for; null for nobody. */
export interface Decision {
  readonly name: string | null;
  readonly distance: number | null;
}

/** The log of one gallery, in terms of people. */
export class AuditTrail {
  /**
   * @param log null where none is kept; pseudonyms from before are forgotten all the same
   * @param lines where it can be read, also what was written while one was kept
   */
  constructor(
    readonly log: AuditLog | null,
    readonly subjects: Subjects,
    readonly lines: LineSource,
  ) {}

  /**
   * Records a change twice: that it begins, before anything happens, so that there is none without a line; and how it
   * ended, before it is answered. Where the disk fails in between, the change stands and its end stays unrecorded.
   * @param name of the person; null for a change to nobody
   * @throws RostroError `storage_failed` when the beginning cannot be recorded, and nothing happens then; what `work`
   *   throws
   */
  async change<T>(
    action: ChangeAction,
    name: string | null,
    work: () => Promise<T>,
    factsOf: (result: T) => Facts = () => ({}),
  ): Promise<Recorded<T>> {
    const change = randomUUID();
    if (this.log === null) return { result: await work(), change, line: null };
    const about = { action, change, ...(name !== null && { subject: await this.subjectOf(name) }) };
    await this.log.record({ ...about, outcome: 'begun' });
    const result = await work().catch(async (error: unknown) => {
      await this.end({ ...about, outcome: 'failed', code: codeOf(error) });
      throw error;
    });
    return { result, change, line: await this.end({ ...about, outcome: 'done', facts: factsOf(result) }) };
  }

  private async end(event: AuditEvent): Promise<LineRef | null> {
    return this.log!.record(event).catch(() => null);
  }

  private async subjectOf(name: string): Promise<string> {
    return this.subjects.of(name).catch(rethrown);
  }

  /**
   * Forgets the pseudonyms of whoever is not enrolled and, where a log is kept, gives one to everybody who is.
   * @throws RostroError `storage_failed`
   */
  async settle(enrolled: readonly string[]): Promise<void> {
    await this.subjects.settle(enrolled, this.log !== null).catch(rethrown);
  }

  /** Records whom the server took faces for; not waited for. */
  look(action: LookAction, decisions: readonly Decision[], facts?: Facts): void {
    const { log } = this;
    if (log === null) return;
    void this.facesOf(decisions).then(
      (faces) => log.note({ action, faces, ...(facts && { facts }) }),
      () => undefined,
    );
  }

  private facesOf(decisions: readonly Decision[]) {
    return Promise.all(
      decisions.map(async ({ name, distance }) => ({
        subject: name === null ? null : await this.subjects.find(name),
        distance,
      })),
    );
  }
}

function rethrown(error: unknown): never {
  throw storageFailed('The audit log could not be written', error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}
