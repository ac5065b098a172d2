import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import { locateOpenSet, openSetInFolder, parseOpenSet } from '../../../src/evaluation/open-set.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const refusal = (message: string) => expect.objectContaining({ code: 'bad_openset', message }) as RostroError;

describe('parseOpenSet', () => {
  const lines = ['enrol\tAda\t2', 'probe\tAda\t1\tup to 30', 'stranger\tCy L\t7', ''];

  it('reads role, person, photo and group', () => {
    expect(parseOpenSet(lines.join('\n'))).toEqual([
      { role: 'enrol', person: 'Ada', number: 2, group: null },
      { role: 'probe', person: 'Ada', number: 1, group: 'up to 30' },
      { role: 'stranger', person: 'Cy L', number: 7, group: null },
    ]);
  });

  it('takes spaces, Windows line ends, a byte order mark, and an empty group', () => {
    const text = '\uFEFFenrol  Ada 2\r\nprobe Ada 1\r\nstranger\tCy\t7\t\r\n\r\n';
    expect(parseOpenSet(text).map(({ person, group }) => [person, group])).toEqual([
      ['Ada', null],
      ['Ada', null],
      ['Cy', null],
    ]);
  });

  const format = 'must be "enrol", "probe" or "stranger", a person, the number of a photo and maybe a group.';
  it.each([
    ['', `Line 1 of the open-set file ${format}`],
    ['enrol Ada 1\n\nprobe Ada 2\nstranger Cy 1', `Line 2 of the open-set file ${format}`],
    ['enroll Ada 1', `Line 1 of the open-set file ${format}`],
    ['enrol Ada', `Line 1 of the open-set file ${format}`],
    ['enrol Ada 1 old tall', `Line 1 of the open-set file ${format}`],
    ['enrol Ada one', 'Line 1 of the open-set file has "one" instead of the number of a photo.'],
    ['enrol ../x 1', 'Line 1 of the open-set file has "../x" instead of the name of a person.'],
    ['enrol Ada 1\nprobe Ada 1', 'Line 2 of the open-set file has the photo Ada 1 again.'],
    ['probe Bo 2\nenrol Ada 1', 'Line 1 of the open-set file is a probe of Bo, who is not enrolled.'],
    ['stranger Ada 2\nenrol Ada 1', 'Line 1 of the open-set file is a stranger, but Ada is enrolled.'],
    ['enrol Ada 1\nprobe Ada 2', 'The open-set file has no "stranger" line.'],
    ['enrol Ada 1\nstranger Cy 2', 'The open-set file has no "probe" line.'],
    ['stranger Cy 2', 'The open-set file has no "enrol" line.'],
  ])('refuses %j', (text, message) => {
    expect(() => parseOpenSet(text)).toThrow(refusal(message));
  });
});

describe('the photos of a folder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rostro-open-set-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function write(...names: string[]): Promise<void> {
    for (const name of names) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), '');
    }
  }

  it('are found by their number in a folder laid out as LFW is', async () => {
    await write('Ada/Ada_0001.jpg', 'Cy/Cy_0007.png');
    const photos = await locateOpenSet(parseOpenSet('enrol Ada 1\nprobe Ada 2\nstranger Cy 7 old'), dir);
    expect(photos).toEqual([
      { role: 'enrol', person: 'Ada', group: null, label: 'Ada 1', path: join(dir, 'Ada', 'Ada_0001.jpg') },
      { role: 'probe', person: 'Ada', group: null, label: 'Ada 2', path: null },
      { role: 'stranger', person: 'Cy', group: 'old', label: 'Cy 7', path: join(dir, 'Cy', 'Cy_0007.png') },
    ]);
  });

  it('are in enrol, probe and stranger, whatever their names, with groups of their people', async () => {
    await write(
      'enrol/Ada/front.jpg',
      'enrol/Bo/a.png',
      'probe/Ada/side.jpg',
      'stranger/Cy/1.jpg',
      'stranger/Di/1.jpg',
    );
    await writeFile(join(dir, 'groups.txt'), 'Ada\tup to 30\nDi\told\n');
    const photos = await openSetInFolder(dir);
    expect(photos.map(({ label, role, person, group }) => [label, role, person, group])).toEqual([
      ['enrol/Ada/front.jpg', 'enrol', 'Ada', 'up to 30'],
      ['enrol/Bo/a.png', 'enrol', 'Bo', null],
      ['probe/Ada/side.jpg', 'probe', 'Ada', 'up to 30'],
      ['stranger/Cy/1.jpg', 'stranger', 'Cy', null],
      ['stranger/Di/1.jpg', 'stranger', 'Di', 'old'],
    ]);
    expect(photos[0].path).toBe(join(dir, 'enrol', 'Ada', 'front.jpg'));
  });

  it('may be of strangers without folders', async () => {
    await write('enrol/Ada/1.jpg', 'probe/Ada/2.jpg', 'stranger/1.jpg', 'stranger/2.jpg');
    expect((await openSetInFolder(dir)).map(({ label }) => label)).toContain('stranger/2.jpg');
  });

  it.each([
    [['probe/Bo/1.jpg', 'stranger/Cy/1.jpg'], 'probe/Bo needs a folder enrol/Bo.'],
    [['probe/Ada/1.jpg', 'stranger/Ada/1.jpg'], 'stranger/Ada is a person in the folder enrol too.'],
  ])('%j are refused', async (names, message) => {
    await write('enrol/Ada/1.jpg', ...names);
    await expect(openSetInFolder(dir)).rejects.toThrow(refusal(message));
  });

  it('are refused with a line of groups.txt that is no group', async () => {
    await write('enrol/Ada/1.jpg', 'probe/Ada/2.jpg', 'stranger/1.jpg');
    await writeFile(join(dir, 'groups.txt'), 'Ada\told\nBo\n');
    const message = 'Line 2 of groups.txt must be a person and a group, separated by a tab.';
    await expect(openSetInFolder(dir)).rejects.toThrow(refusal(message));
  });

  it('are refused when a folder is not there', async () => {
    await write('enrol/Ada/1.jpg', 'probe/Ada/2.jpg');
    await expect(openSetInFolder(dir)).rejects.toThrow(
      `Cannot read the folder ${join(dir, 'stranger')}: it does not exist.`,
    );
  });
});

describe.skipIf(!hasShared)('the reference open set' + needsShared, () => {
  it('has 380 enrolled people, 777 probes and 307 strangers', async () => {
    const lines = parseOpenSet(await readFile(sharedPath('lfw-dev', 'openset.txt'), 'utf8'));
    const count = (role: string) => lines.filter((line) => line.role === role).length;
    expect(['enrol', 'probe', 'stranger'].map(count)).toEqual([380, 777, 307]);
  });
});
