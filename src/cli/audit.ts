import { Command } from 'commander';
import { openStores } from '../app/state-stores.js';
import type { Actor } from '../privacy/audit/actor.js';
import { readLog } from '../privacy/audit/audit-log.js';
import type { AuditEntry } from '../privacy/audit/entry.js';
import type { Pseudonyms } from '../privacy/audit/pseudonyms.js';
import { type Anchor, type Finding, type Verification, verifyLog } from '../privacy/audit/verify.js';
import { RostroError } from '../shared/errors.js';
import { configOf, withSettings } from './settings.js';
import { print, setExitCode } from './io.js';

/** `rostro audit show|verify`: prints the audit log, and verifies that it was not altered. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('Read and verify the audit log.')
    .addCommand(auditShowCommand())
    .addCommand(auditVerifyCommand());
}

interface Flags {
  readonly person?: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** `rostro audit show`: shows people by name while they are enrolled, by pseudonym afterwards. */
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
      const { pseudonyms, lines } = stores.trail;
      const names = await pseudonyms.names();
      const subject = person === undefined ? undefined : await subjectOf(person, pseudonyms);
      for await (const entry of readLog(lines, { subject, since: from })) {
        print(json ? JSON.stringify(entry) : lineOf(entry, names));
      }
    } finally {
      await stores.close();
    }
  });
}

async function subjectOf(person: string, pseudonyms: Pseudonyms): Promise<string> {
  const subject = /^p-[0-9a-f]{32}$/.test(person) ? person : await pseudonyms.find(person.normalize('NFC'));
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

/** At most this many findings are printed. */
const MAX_SHOWN = 50;

/** `rostro audit verify`: exit code 0 only if every line is unaltered. */
export function auditVerifyCommand(): Command {
  const command = new Command('verify')
    .description('Tell whether the audit log is as it was written.')
    .option('--anchor <line:hash...>', 'lines whose hash was kept elsewhere, as on a receipt')
    .option('--json', 'the result as one JSON object');
  return withSettings(command).action(async () => {
    const { anchor = [], json } = command.opts<{ anchor?: string[]; json?: boolean }>();
    const anchors = anchor.map(parseAnchor);
    const stores = await openStores(configOf(command));
    const result = await verifyLog(stores.trail.lines, anchors).finally(() => stores.close());
    print(json ? JSON.stringify(result) : lines(result).join('\n'));
    if (result.findings.length > 0) setExitCode(1);
  });
}

function parseAnchor(text: string): Anchor {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (match) return { line: Number(match[1]), hash: match[2] };
  throw new RostroError('bad_config', `--anchor takes the number of a line and its hash, as 17:9f86d0…, not ${text}.`);
}

function lines({ lines, hash, findings, tornLine }: Verification): string[] {
  const hidden = findings.length - MAX_SHOWN;
  return [
    ...findings.slice(0, MAX_SHOWN).map((finding) => `${where(finding)}${finding.sentence} (${finding.kind})`),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...(tornLine ? ['the last line is half-written: a stop came in between; the next start removes it'] : []),
    findings.length === 0 ? `${lines} lines, all as they were written` : `${lines} lines, NOT as they were written`,
    `to keep elsewhere: --anchor ${lines}:${hash}`,
  ];
}

function where({ file, line }: Finding): string {
  return file === null ? '' : `${file}:${line}: `;
}
