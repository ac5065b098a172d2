import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anotherPerson, onePerson } from '../../helpers/portraits.js';
import { jsonLines, rostroWith } from '../../helpers/rostro.js';
import { unzipped } from '../../helpers/zip.js';
import { entriesIn, logFiles, rewrite } from '../../helpers/audit-log.js';

let folder: string;
const rostro = (...args: string[]) =>
  rostroWith({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: folder }, folder, ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-people-'));
  await writeFile(join(folder, 'Ada Lovelace.jpg'), await onePerson());
  await writeFile(join(folder, 'Grace Hopper.jpg'), await anotherPerson());
  expect(await rostro('enrol', join(folder, 'Ada Lovelace.jpg'), join(folder, 'Grace Hopper.jpg'))).toMatchObject({
    code: 0,
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('rostro people', () => {
  it('lists, shows and renames', async () => {
    const { out } = await rostro('people', 'list');
    expect(out).toMatch(/^name {10,}id {2}groups {2}examples {2}since\nAda Lovelace {2,}1 .*\nGrace Hopper {2,}1 /);
    expect(jsonLines((await rostro('people', 'list', 'grace', '--json')).out)).toMatchObject([
      { name: 'Grace Hopper' },
    ]);
    expect((await rostro('people', 'rename', 'Ada Lovelace', 'Augusta King')).out).toBe(
      'Ada Lovelace is called Augusta King from now on.\n',
    );
    expect(jsonLines((await rostro('people', 'show', 'Augusta King', '--json')).out)).toMatchObject([
      { crop: expect.stringMatching(/^uploads\/Augusta King\//) as string },
    ]);
    expect(await rostro('people', 'show', 'Ada Lovelace')).toMatchObject({
      code: 1,
      err: expect.stringContaining('person_not_found') as string,
    });
  });

  it('describes, with what is not given left as it is', async () => {
    const described = async (...args: string[]) =>
      jsonLines((await rostro('people', 'describe', 'Grace Hopper', ...args)).out)[0];
    const all = ['--person-id', 'E-1815', '--group', 'staff', '--group', 'night', '--metadata', '{"floor": 3}'];
    const known = { name: 'Grace Hopper', id: 'E-1815', groups: ['night', 'staff'], metadata: { floor: 3 } };
    expect(await described(...all)).toEqual(known);
    expect(await described('--group', 'guests', '--leave', 'night')).toEqual({ ...known, groups: ['guests', 'staff'] });
    expect(await described('--no-person-id')).toMatchObject({ id: null, metadata: { floor: 3 } });
    for (const [args, code] of [
      [['--metadata', '{'], 'bad_details'],
      [['--group', ' '], 'bad_details'],
    ] as const) {
      const { err } = await rostro('people', 'describe', 'Grace Hopper', ...args);
      expect(err).toContain(code);
    }
    const list = async (...args: string[]) => jsonLines((await rostro('people', 'list', '--json', ...args)).out);
    expect(await list('--group', 'guests')).toMatchObject([{ name: 'Grace Hopper', groups: ['guests', 'staff'] }]);
    expect((await rostro('people', 'list', '--json', '--person-id', 'E-1815')).out).toBe('');
    expect((await rostro('people', 'show', 'Grace Hopper')).out).toContain('guests, staff  {"floor":3}\n');
  });

  it('merges two into one', async () => {
    const photo = join(folder, 'Grace Hopper.jpg');
    await rostro('enrol', photo, '--name', 'G. H.', '--person-id', '1906', '--group', 'navy');
    expect((await rostro('people', 'merge', 'G. H.', 'Grace Hopper')).out).toBe(
      'G. H. is Grace Hopper from now on, with 2 examples.\n',
    );
    expect(jsonLines((await rostro('people', 'list', '--json', '--person-id', '1906')).out)).toMatchObject([
      { name: 'Grace Hopper', examples: 2, groups: ['guests', 'navy', 'staff'] },
    ]);
    expect(await rostro('people', 'merge', 'G. H.', 'Grace Hopper')).toMatchObject({ code: 1 });
  });

  it('exports into a file that was not there', async () => {
    const file = join(folder, 'grace.zip');
    expect(await rostro('people', 'export', 'Grace Hopper', file)).toMatchObject({ code: 0 });
    expect([...(await unzipped(await readFile(file))).keys()].slice(0, 2)).toEqual(['person.json', 'embeddings.npy']);
    expect(await rostro('people', 'export', 'Grace Hopper', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('EEXIST') as string,
    });
  });

  it('erases and prints the receipt; the log shows who did it and verifies', async () => {
    const { out } = await rostro('people', 'delete', 'Grace Hopper');
    expect(out).toMatch(/^receipt {5}[0-9a-f-]{36}\n/);
    expect(out).toContain('gone        embeddings/Grace Hopper.npy\n');
    const anchor = /line (\d+), ([0-9a-f]{64})/.exec(out)!;
    const shown = await rostro('audit', 'show', '--person', 'Augusta King');
    expect(
      shown.out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/).slice(2).join('|')),
    ).toEqual([
      `cli ${userInfo().username}|enrol|Augusta King, begun`,
      expect.stringContaining(`cli ${userInfo().username}|enrol|Augusta King, done, example=`),
      `cli ${userInfo().username}|rename|Augusta King, begun`,
      `cli ${userInfo().username}|rename|Augusta King, done`,
    ]);
    const all = await rostro('audit', 'show');
    expect(all.out).toContain('erase_person');
    expect(all.out).not.toContain('Grace');
    expect((await rostro('audit', 'show', '--since', '2999-01-01')).out).toBe('');
    const verified = await rostro('audit', 'verify', '--anchor', `${anchor[1]}:${anchor[2]}`);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('all as they were written') as string });
  });

  it('says where the log is not as it was written', async () => {
    const audit = join(folder, '.state', 'audit');
    rewrite(audit, logFiles(audit)[0], (lines) =>
      lines.map((text, i) => (i === 2 ? text.replace('enrol', 'export') : text)),
    );
    const { code, out } = await rostro('audit', 'verify');
    expect(code).toBe(1);
    expect(out).toContain(`${logFiles(audit)[0]}:3: line 3 was changed (changed)\n`);
    expect(await rostro('audit', 'verify', '--anchor', 'x')).toMatchObject({
      code: 1,
      err: expect.stringContaining('bad_config') as string,
    });
  });
});

describe('rostro keys', () => {
  it('is in the audit log: which key, made and revoked, and not the key itself', async () => {
    const data = await mkdtemp(join(tmpdir(), 'rostro-keys-'));
    const keys = (...args: string[]) => rostroWith({ ROSTRO_DATA: data }, data, 'keys', ...args);
    const [{ key, id }] = jsonLines<{ key: string; id: string }>(
      (await keys('--json', 'create', '--scope', 'enrol')).out,
    );
    await keys('revoke', id);
    const entries = entriesIn(join(data, '.state', 'audit'));
    expect(entries.map(({ action, outcome, facts }) => [action, outcome, facts])).toEqual([
      ['key_create', 'begun', undefined],
      ['key_create', 'done', { id, scope: 'enrol' }],
      ['key_revoke', 'begun', undefined],
      ['key_revoke', 'done', { id }],
    ]);
    expect(JSON.stringify(entries)).not.toContain(key);
    await rm(data, { recursive: true });
  });
});
