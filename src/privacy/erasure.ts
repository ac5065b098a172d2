import type { KeepsNames } from '../events/keeps-names.js';
import type { Example } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { seenPeople } from '../matching/classifiers/classifier-store.js';
import type { Matching } from '../matching/classifiers/matching.js';
import { discardGraph, graphFolder } from '../matching/search/saved-graph.js';
import { type PersonSummary, summaryOf } from '../people/people.js';
import { parsePersonName } from '../people/person-name.js';
import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import type { LineRef } from './audit/audit-log.js';
import type { AuditedGallery, RecordedRemoval } from './audited-gallery.js';
import { discardStaleClassifier, namedElsewhere } from './learned.js';

export interface ErasureParts {
  readonly gallery: AuditedGallery;
  readonly matching: Pick<Matching, 'learns'>;
  readonly stateDir: string;
  readonly vault: Vault;
  /** What tells of people; nothing where it is not there. */
  readonly told?: KeepsNames;
  /** Names of subjects without examples. A name goes from there first: after a stop in between the rest can be asked for again. */
  readonly subjects?: Pick<EmptySubjects, 'forget'>;
  readonly now?: () => Date;
}

/**
 * Erases people and examples wherever the server keeps something of them: rows, crops, descriptions, the classifier that
 * was trained on them, the saved search index, the name behind their pseudonym, events that are kept. Cameras that are being
 * followed decide anew with their next frame.
 */
export class Erasure {
  private readonly now: () => Date;

  constructor(private readonly parts: ErasureParts) {
    this.now = parts.now ?? (() => new Date());
  }

  /** @throws RostroError `bad_name`, `person_not_found`, `storage_failed` */
  async person(text: string): Promise<{ deleted: PersonSummary; receipt: Receipt }> {
    const { gallery, subjects } = this.parts;
    const person = gallery.person(parsePersonName(text));
    await subjects?.forget(person);
    const removal = await gallery.removePerson(person.name);
    return { deleted: summaryOf(person), receipt: await this.receipt(person.name, person.examples, removal) };
  }

  /** The last example takes the person with it. @throws RostroError `bad_name`, `person_not_found`, `example_not_found`, `storage_failed` */
  async example(text: string, id: string): Promise<Receipt> {
    const { gallery, subjects } = this.parts;
    const { name, groups, examples } = gallery.person(parsePersonName(text));
    if (examples.every((example) => example.id === id)) await subjects?.forget({ name, groups });
    const removal = await gallery.removeExample(name, id);
    return this.receipt(
      name,
      examples.filter((example) => example.id === id),
      removal,
    );
  }

  private async receipt(name: string, examples: readonly Example[], removal: RecordedRemoval): Promise<Receipt> {
    const { gallery, told, stateDir, vault } = this.parts;
    const classifier = await this.forgetLearned();
    await told?.keepNames(namesIn(gallery));
    const { files, remaining, change, line } = removal;
    return {
      id: change,
      erasedAt: this.now().toISOString(),
      person: name,
      examples: examples.map(({ id }) => id),
      crops: examples.filter(({ crop }) => crop !== null).length,
      files,
      remaining,
      classifier,
      elsewhere: await namedElsewhere(stateDir, name, vault),
      audit: line,
    };
  }

  private async forgetLearned(): Promise<Receipt['classifier']> {
    const { gallery, matching, stateDir, vault } = this.parts;
    await discardGraph(graphFolder(stateDir));
    const discarded = await discardStaleClassifier(stateDir, seenPeople(gallery.people()), vault);
    if (matching.learns) return 'retraining';
    return discarded ? 'discarded' : 'none';
  }
}

function namesIn(gallery: AuditedGallery): (name: string) => boolean {
  const names = new Set(gallery.people().map(({ name }) => name));
  return (name) => names.has(name);
}

/** What was erased, for whoever asked for it. It names the person, so it belongs to them and not into a log. */
export interface Receipt {
  /** By this number the audit log knows the erasure. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly erasedAt: string;
  readonly person: string;
  /** Ids of the examples whose rows are gone. */
  readonly examples: readonly string[];
  /** How many of them had a crop. */
  readonly crops: number;
  /** Files that are gone, relative to the data folder. */
  readonly files: readonly string[];
  /** Files that the disk would not give up yet. */
  readonly remaining: readonly string[];
  /** `retraining`: the classifier that knew them was discarded, and the server learns a new one without them. */
  readonly classifier: 'retraining' | 'discarded' | 'none';
  /** Files with somebody of that name that do not come from the gallery; whoever made them has to erase them. */
  readonly elsewhere: readonly string[];
  /** The line of the audit log that says so; null where none is kept. */
  readonly audit: LineRef | null;
}
