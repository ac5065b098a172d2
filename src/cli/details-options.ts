import { type Command, Option } from 'commander';
import type { PersonDetails } from '../gallery/gallery.js';
import { parsePersonDetails } from '../people/person-details.js';
import { RostroError } from '../shared/errors.js';

interface DetailsOptions {
  readonly personId?: string;
  readonly group?: readonly string[];
  readonly metadata?: string;
}

/** Adds the flags for a person's id, groups and metadata. */
export function withDetails(command: Command): Command {
  return command
    .addOption(new Option('--person-id <id>', 'your own id for the person'))
    .option('--group <group>', 'a group that the person joins; may be given several times', collect)
    .option('--metadata <json>', 'a JSON object in place of the metadata that the person has');
}

/** @throws RostroError `bad_details` */
export function detailsGiven({ personId, group, metadata }: DetailsOptions): Partial<PersonDetails> {
  return parsePersonDetails({
    id: personId,
    groups: group,
    metadata: metadata === undefined ? metadata : json(metadata),
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
