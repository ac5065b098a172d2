import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { spawnRostro } from '../../helpers/rostro.js';

/** One call of each command that ends soon, its exit code, and what it writes to standard output or else to standard error. */
const CALLS: Readonly<Record<string, readonly [args: string, code: number, out: RegExp | '', err: RegExp | '']>> = {
  serve: ['--port x', 1, '', /^rostro: PORT=x is not usable: .* \(bad_config\)\n$/],
  enrol: ['a.jpg --threshold 7', 1, '', /^rostro: THRESHOLD=7 is not usable.* \(bad_config\)\n$/],
  import: ['nowhere', 1, '', /^rostro: .* \(no_file\)\n$/],
  people: ['list', 0, /^name +id +groups +examples +since\n$/, ''],
  export: ['all.zip', 0, /^0 people with 0 examples and 0 crops are in all\.zip\.\n$/, ''],
  restore: ['nowhere.zip', 1, '', /^rostro: .* \(no_file\)\n$/],
  audit: ['verify', 0, /all as they were written/, ''],
  recognize: ['a.jpg --matcher x', 1, '', /^rostro: MATCHER=x is not usable.* \(bad_config\)\n$/],
  watch: ['ftp://host/x', 1, '', /^rostro: .* \(bad_config\)\n$/],
  webhooks: ['dead nobody', 0, /^at +event +camera +person +given up because\n$/, ''],
  detect: ['a.jpg --json', 1, /^\{"file":"a\.jpg","error":\{"code":"no_file",.*\}\n$/, ''],
  embed: ['a.jpg --embedder facenet', 1, '', /^rostro: EMBEDDER=facenet needs .* \(model_missing\)\n$/],
  keys: ['list', 0, /^There is no key: /, ''],
  models: ['--json', 0, /^\[\n/, ''],
  reembed: ['--switch', 1, '', /^rostro: Give one of --to.* \(bad_config\)\n$/],
  doctor: ['--quick', 0, /^people +0, 0 examples\n/, ''],
  encryption: ['new-key key', 0, /^key holds the new key /, ''],
  migrate: ['--database x', 1, '', /^(rostro|error): /],
  align: ['nowhere out', 1, '', /^rostro: .*nowhere: it does not exist\. \(no_file\)\n$/],
  validate: ['. --pairs nowhere', 1, '', /^rostro: Cannot read nowhere: it does not exist\. \(no_file\)\n$/],
  'compare-detectors': ['nowhere', 1, '', /^rostro: Cannot read the folder .*\(no_file\)\n$/],
  train: ['nowhere', 1, '', /^rostro: .* \(no_file\)\n$/],
  classify: ['a.jpg', 1, '', /^rostro: .* \(classifier_missing\)\n$/],
  calibrate: ['', 1, /There is nothing to tell a threshold from/, ''],
};

describe('node bin/rostro.js', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-smoke-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is called with each command here', () => {
    expect(Object.keys(CALLS)).toEqual(Object.keys(COMMANDS));
  });

  it.each(Object.entries(CALLS))('%s %o', async (command, [args, code, out, err]) => {
    const run = await spawnRostro({}, folder, command, ...args.split(' ').filter(Boolean));
    expect(run).toEqual({ code, out: textLike(out), err: textLike(err) });
  });
});

function textLike(text: RegExp | ''): unknown {
  return text === '' ? '' : expect.stringMatching(text);
}
