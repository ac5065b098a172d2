import { type Command, Option } from 'commander';
import { CONSENT_BASES, type PersonDetails } from '../gallery/gallery.js';
import { parsePersonDetails } from '../people/person-details.js';
import { RostroError } from '../shared/errors.js';

export interface ConsentOptions {
  readonly consent?: string;
  readonly consentDate?: string;
  readonly consentNote?: string;
  readonly expires?: string;
}

interface DetailsOptions extends ConsentOptions {
  readonly personId?: string;
  readonly group?: readonly string[];
  readonly metadata?: string;
}

/** Adds the flags for the details of a person. */
export function withDetails(command: Command): Command {
  return withConsent(command)
    .addOption(new Option('--person-id <id>', 'your own id for the person'))
    .option('--group <group>', 'a group that the person joins; may be given several times', collect)
    .option('--metadata <json>', 'a JSON object in place of the metadata that the person has');
}

/** Adds the flags for consent and expiry. */
export function withConsent(command: Command): Command {
  return command
    .addOption(new Option('--consent <basis>', 'why the face may be processed').choices(CONSENT_BASES))
    .option('--consent-date <day>', 'when the consent was given (default: today)')
    .option('--consent-note <text>', 'such as where the form lies')
    .option('--expires <day>', 'last day of the person, such as 2027-12-31; they are erased afterwards');
}

/** @throws RostroError `bad_details` */
export function detailsGiven(options: DetailsOptions): Partial<PersonDetails> {
  const { personId, group, metadata, consent: basis, consentDate: date, consentNote: note, expires } = options;
  if (basis === undefined && (date ?? note) !== undefined) {
    throw new RostroError('bad_details', 'Give the basis of the consent with --consent.');
  }
  return parsePersonDetails({
    id: personId,
    groups: group,
    metadata: metadata === undefined ? metadata : json(metadata),
    consent: basis && { basis, date, note },
    expires,
  });
}

export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RostroError('bad_details', 'The metadata is not JSON.');
  }
}
