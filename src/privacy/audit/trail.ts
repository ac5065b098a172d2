import { randomUUID } from 'node:crypto';
import { storageFailed } from '../../gallery/errors.js';
import type { AuditLog, LineRef } from './audit-log.js';
import type { AuditEvent, CHANGES, LOOKUPS } from './entry.js';
import type { LineSource } from './line-store.js';
import type { Pseudonyms } from './pseudonyms.js';

export type ChangeAction = (typeof CHANGES)[number];
export type LookupAction = (typeof LOOKUPS)[number];
export type Facts = NonNullable<AuditEvent['facts']>;

export interface Recorded<T> {
  readonly result: T;
  /** Id of the change; also the id of the receipt. */
  readonly change: string;
  /** The last line of the change; null where the log is off. */
  readonly line: LineRef | null;
}

/** Match of a face; null for unknown. */
export interface Decision {
  readonly name: string | null;
  readonly distance: number | null;
}

/** The audit log of a gallery: records changes and lookups of people under their pseudonyms. */
export class AuditTrail {
  /**
   * @param log null where the log is off; old pseudonyms are still deleted
   * @param lines read access, also to lines from before the log was turned off
   */
  constructor(
    readonly log: AuditLog | null,
    readonly pseudonyms: Pseudonyms,
    readonly lines: LineSource,
  ) {}

  /**
   * Runs a change and records it with two lines: one before it starts, so that no change is unrecorded, and one with
   * its outcome. If the second line cannot be written, the change remains.
   * @param name of the person; null where the change concerns no single person
   * @throws RostroError `storage_failed` where the first line cannot be written; `work` is not run then. What `work`
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
    const about = { action, change, ...(name !== null && { subject: await this.pseudonymOf(name) }) };
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

  private async pseudonymOf(name: string): Promise<string> {
    return this.pseudonyms.getOrCreate(name).catch(rethrowAsStorageFailed);
  }

  /**
   * Deletes pseudonyms of people who are not enrolled and, if the log is on, creates missing ones.
   * @throws RostroError `storage_failed`
   */
  async reconcile(enrolled: readonly string[]): Promise<void> {
    await this.pseudonyms.reconcile(enrolled, this.log !== null).catch(rethrowAsStorageFailed);
  }

  /** Records recognition results, without waiting. */
  noteLookup(action: LookupAction, decisions: readonly Decision[], facts?: Facts): void {
    const { log } = this;
    if (log === null) return;
    void this.facesOf(decisions).then(
      (faces) => log.note({ action, faces, ...(facts && { facts }) }),
      () => undefined,
    );
  }

  /** Records that data were read, without waiting. @param name of the person; null for several people */
  noteRead(name: string | null, facts: Facts): void {
    const { log } = this;
    if (log === null) return;
    const pseudonym = name === null ? Promise.resolve(null) : this.pseudonyms.find(name);
    void pseudonym.then(
      (subject) => log.note({ action: 'read', ...(subject !== null && { subject }), facts }),
      () => undefined,
    );
  }

  private facesOf(decisions: readonly Decision[]) {
    return Promise.all(
      decisions.map(async ({ name, distance }) => ({
        subject: name === null ? null : await this.pseudonyms.find(name),
        distance,
      })),
    );
  }
}

function rethrowAsStorageFailed(error: unknown): never {
  throw storageFailed('The audit log could not be written', error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}
