import { Command, Option } from 'commander';
import { type Scope, SCOPES, type StoredKey } from '../access/key.js';
import { readConfig } from '../app/config.js';
import { withFlags } from './settings.js';
import { openStores, type Stores } from '../app/state-stores.js';
import { parseGroup } from '../people/person-details.js';
import { RostroError } from '../shared/errors.js';
import { printTable } from './output.js';
import { commandIo, print, printError } from './io.js';

interface KeysOptions {
  readonly data?: string;
  readonly database?: string;
  readonly json?: boolean;
}

interface CreateFlags {
  readonly scope: Scope;
  readonly name?: string;
  readonly group?: string;
  readonly expires?: string;
}

/** `rostro keys`: manages access keys. A running server notices every change. */
export function keysCommand(): Command {
  return withFlags(new Command('keys'), 'ROSTRO_DATA', 'DATABASE_URL')
    .description('Make, list and revoke the access keys of the server.')
    .option('--json', 'one JSON object a line')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('Make a key and print it, once; only its hash is kept.')
    .addOption(
      new Option(
        '--scope <scope>',
        'recognise: name faces; enrol: also see and add people; admin: also rename and erase',
      )
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option('--name <text>', 'whose key it is, for the list')
    .option('--group <group>', 'reaches the people of this group only: an application of CompreFace, a client of yours')
    .option('--expires <when>', 'after 12h, 30d, 8w or 1y, or on a date such as 2027-01-31 (default: never)')
    .action(async (_flags, command: Command) => {
      const { scope, name, group, expires, ...options } = command.optsWithGlobals<CreateFlags & KeysOptions>();
      const expiresAt = expires === undefined ? null : expiryOf(expires);
      const { key, stored } = await withStores(options, ({ keys, trail }) => {
        const wish = { scope, name: name ?? '', group: group === undefined ? undefined : parseGroup(group), expiresAt };
        const create = () => keys.create(wish);
        return trail.change('key_create', null, create, ({ stored: { id } }) => ({ id, scope }));
      });
      if (options.json) return print(JSON.stringify({ key, ...shown(stored) }));
      print(key);
      printError('Keep it: it is not shown again. It is sent as the header "x-api-key" or typed on /login.html.');
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('List the keys, without their secrets.')
    .action(async (_flags, command: Command) => {
      const options = command.optsWithGlobals<KeysOptions>();
      const keys = await withStores(options, async (stores) => ({ result: (await stores.keys.read()) ?? [] }));
      if (options.json) return keys.forEach((key) => print(JSON.stringify(shown(key))));
      if (keys.length === 0) return print('There is no key: the server is open to this machine and to nobody else.');
      printTable(
        ['id', 'scope', 'group', 'name', 'made', 'state'],
        keys.map((key) => [key.id, key.scope, key.group ?? '', key.name, key.createdAt.slice(0, 10), stateOf(key)]),
      );
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Make a key worthless, and end the logins that were made with it.')
    .argument('<id>', 'as the list has it')
    .action(async (id: string, _flags, command: Command) => {
      const options = command.optsWithGlobals<KeysOptions>();
      const key = await withStores(options, ({ keys, trail }) =>
        trail.change(
          'key_revoke',
          null,
          () => keys.revoke(id),
          () => ({ id }),
        ),
      );
      print(options.json ? JSON.stringify(shown(key)) : `The key ${id} is revoked.`);
    });
}

/** Runs `work`, whose changes are in the audit log before their result is printed. */
async function withStores<T>(
  { data, database }: KeysOptions,
  work: (stores: Stores) => Promise<{ readonly result: T }>,
): Promise<T> {
  const { ROSTRO_DATA, DATABASE_URL, AUDIT } = commandIo().env;
  const config = readConfig({ ROSTRO_DATA: data ?? ROSTRO_DATA, DATABASE_URL: database ?? DATABASE_URL, AUDIT });
  const stores = await openStores(config);
  try {
    return (await work(stores)).result;
  } finally {
    await stores.close();
  }
}

function shown({ id, name, scope, group, createdAt, expiresAt, revokedAt }: StoredKey) {
  return { id, name, scope, group, createdAt, expiresAt, revokedAt };
}

function stateOf({ expiresAt, revokedAt }: StoredKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt.slice(0, 10)}`;
  if (expiresAt === null) return 'good';
  return `${Date.parse(expiresAt) <= Date.now() ? 'expired' : 'good until'} ${expiresAt.slice(0, 16).replace('T', ' ')}`;
}

const HOUR_MS = 60 * 60 * 1000;
const UNIT_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
  y: 365 * 24 * HOUR_MS,
};

/**
 * @param text a span (`12h`, `30d`, `8w`, `1y`) or a date, ISO 8601
 * @throws RostroError `bad_config` for anything else, and for a time in the past
 */
export function expiryOf(text: string, now = Date.now()): Date {
  const span = /^(\d{1,5})([hdwy])$/.exec(text);
  const isDate = /^\d{4}-\d{2}-\d{2}([T ][\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  const dated = isDate ? Date.parse(text) : NaN;
  const at = span ? now + Number(span[1]) * UNIT_MS[span[2]] : dated;
  if (Number.isNaN(at)) {
    throw new RostroError(
      'bad_config',
      `--expires=${text} is not usable: give 12h, 30d, 8w, 1y or a date (2027-01-31).`,
    );
  }
  if (at <= now) throw new RostroError('bad_config', `--expires=${text} has passed already.`);
  return new Date(at);
}
