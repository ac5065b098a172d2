import { Command } from 'commander';
import type { Actor } from '../../privacy/audit/actor.js';
import type { AuditEntry } from '../../privacy/audit/entry.js';
import { readLog } from '../../privacy/audit/read-log.js';
import type { Subjects } from '../../privacy/audit/subjects.js';
import { openStores } from '../../app/stores.js';
import { RostroError } from '../../shared/errors.js';
import { configOf, withSettings } from '../settings.js';

interface Flags {
  readonly person?: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** `rostro audit show`: people by their names as long as they are enrolled, by their pseudonyms afterwards. */
export function auditShowCommand(): Command {
  const command = new Command('show')
    .description('Print the audit log.')
    .option('--person <name>', 'only what was done to, or decided on, this person (or pseudonym)')
    .option('--since <date>', 'only from then on, ISO 8601')
    .option('--json', 'the lines as they are');
  return withSettings(command).action(async () => {
    const { person, since, json } = command.opts<Flags>();
    const from = dateOf(since);
    const stores = await openStores(configOf(command));
    try {
      const { subjects, lines } = stores.trail;
      const names = await subjects.names();
      const subject = person === undefined ? undefined : await subjectOf(person, subjects);
      for await (const entry of readLog(lines, { subject, since: from })) {
        console.log(json ? JSON.stringify(entry) : lineOf(entry, names));
      }
    } finally {
      await stores.close();
    }
  });
}

async function subjectOf(person: string, subjects: Subjects): Promise<string> {
  const subject = /^p-[0-9a-f]{32}$/.test(person) ? person : await subjects.find(person.normalize('NFC'));
  if (subject !== null) return subject;
  throw new RostroError('person_not_found', `The audit log knows nobody who is called "${person}" now.`);
}

function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new RostroError('bad_config', `--since takes a date such as 2026-01-31 or 2026-01-31T12:00:00Z, not ${text}.`);
}

function lineOf(entry: AuditEntry, names: ReadonlyMap<string, string>): string {
  const { seq, at, actor, action, subject, outcome, code, faces = [], facts = {} } = entry;
  const nameOf = (pseudonym: string) => names.get(pseudonym) ?? pseudonym;
  const parts = [
    ...(subject === undefined ? [] : [nameOf(subject)]),
    ...(outcome === undefined ? [] : [code === undefined ? outcome : `${outcome}: ${code}`]),
    ...faces.map((face) => `${face.subject === null ? 'nobody' : nameOf(face.subject)} at ${face.distance ?? '-'}`),
    ...Object.entries(facts).map(([name, value]) => `${name}=${value}`),
  ];
  return [seq, at, actorText(actor), action, parts.join(', ')].join('  ').trimEnd();
}

function actorText(actor: Actor): string {
  switch (actor.kind) {
    case 'key':
      return `key ${actor.id}`;
    case 'cli':
      return `cli ${actor.user}`;
    case 'server':
      return actor.task === undefined ? 'server' : `server (${actor.task})`;
    case 'local':
      return 'local';
  }
}
