import { Command } from 'commander';
import { verifyLog, type Anchor, type Finding, type Verification } from '../../privacy/audit/verify.js';
import { openStores } from '../../app/stores.js';
import { RostroError } from '../../shared/errors.js';
import { configOf, withSettings } from '../settings.js';

/** More are not printed: the log is beyond reading then. */
const MAX_SHOWN = 50;

/** `rostro audit verify`: exit code 0 only where every line is as it was written. */
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
    console.log(json ? JSON.stringify(result) : lines(result).join('\n'));
    if (result.findings.length > 0) process.exitCode = 1;
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
