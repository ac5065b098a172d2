import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, it } from 'vitest';
import { nameFromFileName, parsePersonName } from '../../../../src/people/person-name.js';
import { ZipArchive } from '../../../../src/shared/archive/zip-archive.js';
import { RostroError } from '../../../../src/shared/errors.js';
import { bytesOf, type Encoding } from '../../../../src/shared/text-encoding.js';
import { parsePhotoList } from '../../../../src/transfer/import/photo-list.js';
import { planFromList } from '../../../../src/transfer/import/plan.js';
import { received } from '../../../helpers/multipart.js';
import { rawZip } from '../../../helpers/raw-zip.js';

/** Stands for a refused name: it becomes no person. */
type Person = string | null;

const NAMES = [
  ...['Ada Lovelace', 'José Núñez', 'Jose\u0301 Nu\u0301n\u0303ez', 'Zoë', 'Müller', 'Åse Øverby', 'O’Brien', 'Þórður'],
  ...[
    '张伟',
    '王小明',
    '李娜',
    '田中 太郎',
    '김철수',
    '陳大文',
    'Иван Петров',
    'Γιώργος',
    'علی\u200cرضا',
    'ക്\u200dഷ',
    'Paweł',
  ],
];
const ENCODINGS = ['utf-8', 'cp1252', 'gbk', 'shift_jis', 'euc-kr', 'big5', 'cp850', 'cp1251'] as const;
const GIVEN: readonly (Encoding | undefined)[] = [undefined, 'cp1252', 'gbk', 'shift_jis', 'euc-kr', 'cp850', 'cp1251'];

const original = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ENCODINGS))
  .map(([name, encoding]) => iconv.encode(name, encoding));
const change = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'delete', 'swap'),
  at: fc.nat(40),
  byte: fc.integer({ min: 1, max: 255 }),
});
/** Two names of which one is the other with a few bytes changed. */
const pair = fc.tuple(original, fc.array(change, { minLength: 1, maxLength: 3 })).map(([name, changes]) => {
  const bytes = [...name];
  for (const { kind, at, byte } of changes) {
    const place = at % (bytes.length + 1);
    if (kind === 'swap') bytes.splice(place, 2, ...bytes.slice(place, place + 2).reverse());
    else bytes.splice(place, kind === 'insert' ? 0 : 1, ...(kind === 'delete' ? [] : [byte]));
  }
  return [name, Buffer.from(bytes)] as const;
});

function storedAs(parse: () => string): Person {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RostroError) return null;
    throw error;
  }
}

/** As browsers escape names of files. */
const inQuotes = (bytes: Uint8Array) =>
  bytesOf(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\r\n"]/g, (mark) => encodeURIComponent(mark)),
  );

async function byForm(names: readonly Uint8Array[]): Promise<Person[]> {
  const parts = names.map((name) => ({
    head: Buffer.concat([
      Buffer.from('Content-Disposition: form-data; name="file"; filename="'),
      inQuotes(name),
      Buffer.from('.jpg"'),
    ]),
    content: Buffer.from('photo'),
  }));
  const people: Person[] = [];
  for (const part of parts) {
    const { files } = await received(part).catch(() => ({ files: [] }));
    people.push(files.length === 0 ? null : storedAs(() => nameFromFileName(files[0])));
  }
  return people;
}

async function byField(names: readonly Uint8Array[]): Promise<Person[]> {
  const people: Person[] = [];
  for (const content of names) {
    const { name } = await received({ head: Buffer.from('Content-Disposition: form-data; name="name"'), content });
    people.push(storedAs(() => parsePersonName(String(name))));
  }
  return people;
}

async function byZip(names: readonly Uint8Array[], encoding: Encoding | undefined): Promise<Person[]> {
  const zip = rawZip(
    names.map((name) => ({ name: Buffer.concat([name, Buffer.from('.jpg')]), bytes: Buffer.from('x') })),
  );
  const read = (start: number, length: number) => Promise.resolve(zip.subarray(start, start + length));
  const limits = { maxEntries: 10, maxTotalBytes: 1000 };
  try {
    const archive = await ZipArchive.open(
      { size: zip.length, read, erase: () => Promise.resolve(), close: () => Promise.resolve() },
      limits,
      encoding,
    );
    return archive.files.map(({ path }) => storedAs(() => nameFromFileName(path)));
  } catch (error) {
    if (error instanceof RostroError) return names.map(() => null);
    throw error;
  }
}

function byList(names: readonly Uint8Array[], encoding: Encoding | undefined): Person[] {
  const quoted = (name: Uint8Array) =>
    Buffer.from(Buffer.from(name).toString('latin1').replaceAll('"', '""'), 'latin1');
  const rows = names.map((name, i) => Buffer.concat([Buffer.from(`${i}.jpg,"`), quoted(name), Buffer.from('"\n')]));
  try {
    const { people } = planFromList(
      parsePhotoList(Buffer.concat([Buffer.from('file,person\n'), ...rows]), { encoding }),
    );
    return names.map(
      (_, i) => people.find(({ photos }) => photos.some(({ file }) => file === `${i}.jpg`))?.name ?? null,
    );
  } catch (error) {
    if (error instanceof RostroError) return names.map(() => null);
    throw error;
  }
}

/** What is documented to make no other name: composed or not, and what is taken off the edges. */
const canonical = (text: string) =>
  text
    .replace(/^[\s\p{Bidi_Control}\u200b-\u200d\u2060\ufeff]+|[\s\p{Bidi_Control}\u200b\u200c\u2060\ufeff]+$/gu, '')
    .normalize('NFC');

/** Whether the bytes are that name in an encoding that the server may take them for. */
function isThatName(bytes: Uint8Array, person: string, encodings: readonly string[]): boolean {
  return encodings.some((encoding) => {
    const text = iconv.decode(Buffer.from(bytes), encoding);
    return !text.includes('\ufffd') && [canonical(text), canonical(text).replace(/\u200d$/, '')].includes(person);
  });
}

it('never makes one person of two names: 1,000 changed names in forms, archives and lists', async () => {
  const ways = fc.constantFrom('form', 'field', 'zip', 'list');
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(pair, ways, fc.constantFrom(...GIVEN), async (names, way, encoding) => {
      // Structure, not names: paths, and escapes of forms.
      fc.pre(names.every((name) => !/[/\\]/.test(name.toString('latin1'))));
      const found = {
        form: () => byForm(names),
        field: () => byField(names),
        zip: () => byZip(names, encoding),
        list: () => byList(names, encoding),
      };
      const people = await found[way]();
      const guesses = way === 'form' || way === 'field' || encoding === undefined ? ['cp1252', 'gbk'] : [encoding];
      people.forEach((person, i) => {
        if (person === null) return;
        stored++;
        expect(person).not.toContain('\ufffd');
        expect(isThatName(names[i], person, ['utf-8', ...guesses])).toBe(true);
      });
    }),
    { numRuns: 1000, seed: 20_261_130 },
  );
  // Not everything was refused.
  expect(stored).toBeGreaterThan(500);
}, 60_000);
