import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../src/shared/errors.js';
import { parseChoices } from '../../../../src/cli/import.js';
import { parsePhotoList } from '../../../../src/transfer/import/photo-list.js';
import { planFromList, planFromPaths } from '../../../../src/transfer/import/plan.js';

const bytes = (text: string) => Buffer.from(text);
const listed = (text: string) => planFromList(parsePhotoList(bytes(text)));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof RostroError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a folder of photos', () => {
  it('gives a person per folder, and per file in the root folder', () => {
    const { people, refused } = planFromPaths(['Ada/1.jpg', 'Ada/2.jpg', 'set/Bo/x.png', 'Cy Young.jpg'], 'folder');
    expect(people.map(({ name, photos }) => [name, photos.map(({ file }) => file)])).toEqual([
      ['Ada', ['Ada/1.jpg', 'Ada/2.jpg']],
      ['Bo', ['set/Bo/x.png']],
      ['Cy Young', ['Cy Young.jpg']],
    ]);
    expect(refused).toEqual([]);
  });

  it('gives a person per file on request', () => {
    const { people } = planFromPaths(['photos/Ada.jpg', 'photos/Bo.jpg'], 'file');
    expect(people.map(({ name }) => name)).toEqual(['Ada', 'Bo']);
  });

  it('reports folders with invalid names and imports the others', () => {
    const { people, refused } = planFromPaths(['a..b/1.jpg', 'Ada/1.jpg'], 'folder');
    expect(people).toHaveLength(1);
    expect(refused).toMatchObject([{ file: 'a..b/1.jpg', outcome: 'refused', code: 'bad_name' }]);
  });

  it('treats two Unicode spellings of a name as one person', () => {
    const { people } = planFromPaths(['Ren\u00e9/1.jpg', 'Rene\u0301/2.jpg'], 'folder');
    expect(people).toMatchObject([{ name: 'Ren\u00e9', photos: [{}, {}] }]);
  });
});

describe('a list of photos', () => {
  it.each([
    ['commas', 'file,person\na.jpg,Ada\n'],
    ['semicolons and other titles', 'Photo;Full name\r\na.jpg;Ada\r\n'],
    ['tabs and another order', 'NOMBRE\tARCHIVO\nAda\ta.jpg\n'],
    ['a mark at the start and quotes', '\ufeff"File Name","person"\n"a.jpg","Ada"\n'],
    ['a path as Windows writes it', 'file,person\n.\\a.jpg,Ada'],
  ])('is read with %s', (_what, text) => {
    expect(listed(text)).toEqual({
      people: [{ name: 'Ada', photos: [{ file: 'a.jpg', line: 2, face: null }], details: {} }],
      refused: [],
    });
  });

  it.each(['José Núñez', 'Zoë', 'Ö', 'Þórður'])('is read in the encodings that spreadsheets write: %s', (name) => {
    const text = `sep=;\r\nfile;person;groups\r\nx.jpg;${name};\r\ny.jpg;Müller;Küche|Büro\r\n`;
    const encoded = [
      ...[bytes(text), bytes(`\ufeff${text}`), iconv.encode(text, 'cp1252')],
      ...[Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ];
    for (const one of encoded) {
      const { people, refused } = planFromList(parsePhotoList(one));
      expect(refused).toEqual([]);
      expect(people.map((person) => person.name)).toEqual([name, 'Müller']);
      expect(people[1].photos).toEqual([{ file: 'y.jpg', line: 4, face: null }]);
      expect(people[1].details.groups).toEqual(['Büro', 'Küche']);
    }
  });

  it('is read in GBK where it is certain, and in Windows-1252 where no name depends on it', () => {
    const chinese = iconv.encode('file,person\n1.jpg,张伟\n2.jpg,测试\n', 'gbk');
    expect(planFromList(parsePhotoList(chinese)).people.map(({ name }) => name)).toEqual(['张伟', '测试']);
    const prices = iconv.encode('file,person,metadata\n1.jpg,Ada,"{""price"": ""1 €""}"\n', 'cp1252');
    expect(planFromList(parsePhotoList(prices)).people[0].details.metadata).toEqual({ price: '1 €' });
  });

  it.each([
    ['田中', 'shift_jis', 'shift_jis'],
    ['Иван', 'cp1251', 'cp1251'],
    ['测试', 'gbk', 'gbk'],
    ['José', 'cp850', 'cp850'],
  ] as const)('asks for the encoding of %s in %s, and takes it', (name, written, encoding) => {
    const list = iconv.encode(`file,person\n1.jpg,${name}\n`, written);
    expect(codeOf(() => parsePhotoList(list))).toMatch(new RegExp(`^encoding_unknown: .*${encoding}.*"${name}"`));
    expect(planFromList(parsePhotoList(list, { encoding })).people[0].name).toBe(name);
  });

  it('refuses rows whose names have lost characters', () => {
    expect(listed('file,person,groups\na.jpg,Jos\ufffd,\nb.jpg,Ada,x\ufffd\n')).toMatchObject({
      people: [],
      refused: [
        { line: 2, code: 'bad_name' },
        { line: 3, code: 'bad_details' },
      ],
    });
  });

  it('adds details of a person row by row', () => {
    const { people } = listed(
      'file,person,id,groups,metadata,face\n' +
        'a.jpg,Ada,7,staff|night,"{""room"": 12}",1\n' +
        'b.jpg,Ada,7,"choir, staff","{""floor"": 2}",\n' +
        'c.jpg,Ada,,,,\n',
    );
    expect(people).toEqual([
      {
        name: 'Ada',
        photos: [
          { file: 'a.jpg', line: 2, face: 1 },
          { file: 'b.jpg', line: 3, face: null },
          { file: 'c.jpg', line: 4, face: null },
        ],
        details: { id: '7', groups: ['choir', 'night', 'staff'], metadata: { room: 12, floor: 2 } },
      },
    ]);
  });

  it('reports invalid rows by line and imports the others', () => {
    const { people, refused } = listed(
      'file,person,id,metadata,face\na.jpg,,,,\n,Ada,,,\nb.jpg,Ada,1,,\nc.jpg,Ada,2,,\nd.jpg,Ada,,[1],\ne.jpg,Ada,,,x\n\nf.jpg,../Bo,,,\n',
    );
    expect(people).toMatchObject([{ name: 'Ada', photos: [{ file: 'b.jpg', line: 4 }] }]);
    expect(refused.map(({ line, code }) => `${line} ${code}`).sort()).toEqual(
      ['2 bad_row', '3 bad_row', '5 bad_row', '6 bad_row', '7 bad_row', '9 bad_name'].sort(),
    );
  });

  it.each([
    ['', /Its first line must name its columns/],
    ['a.jpg,Ada\nb.jpg,Bo\n', /"file" and "person" is not among them: it is "a.jpg, Ada"/],
    ['file,name of the animal\n', /"person" is not among them/],
    ['file,person\n"a.jpg,Ada\n', /Quote Not Closed/],
  ])('is refused as a whole where nothing can be told apart: %j', (text, message) => {
    const said = codeOf(() => listed(text));
    expect(said).toMatch(/^bad_list: The list of photos cannot be used\. /);
    expect(said).toMatch(message);
  });

  it('chooses faces with its column "face"', () => {
    const report = 'file,person,faces,face\ngroup.jpg,Ada,"0: 9×9 at 1,2 (0.99); 1: …",1\nother.jpg,Bo,…,\n';
    expect(parseChoices(bytes(report))).toEqual(new Map([['group.jpg', 1]]));
    expect(codeOf(() => parseChoices(bytes('file,face\nx.jpg,left\n')))).toMatch(/^bad_list: Line 2 of the choices/);
  });
});
