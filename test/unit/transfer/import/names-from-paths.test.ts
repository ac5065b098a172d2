import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubtOf } from '../../../../src/people/unlikely-name.js';
import { type NamedBy, namesFromPaths } from '../../../../src/transfer/import/names-from-paths.js';

/** `Name`, or the code of the error. */
function understood(paths: readonly string[], by: NamedBy = 'auto'): Record<string, string> {
  const found = namesFromPaths(paths, by);
  return Object.fromEntries(found.map((one) => [one.file, 'name' in one ? one.name : one.error.code]));
}

/** Paths with the person on each: `{ 'Ada': ['Ada/1.jpg'] }`. */
const whoIs = (expected: Record<string, readonly string[]>) =>
  Object.fromEntries(Object.entries(expected).flatMap(([name, files]) => files.map((file) => [file, name])));

const UNCLEAR = 'unclear_name';

describe('the person on a photo, by its path', () => {
  it.each<[what: string, expected: Record<string, readonly string[]>]>([
    ['a folder of each', { Ada: ['Ada/1.jpg', 'Ada/x y.jpg'], Bo: ['Bo/anything.png'] }],
    ['a folder of each and files', { Ada: ['Ada/1.jpg'], Bo: ['set/Bo/x.png'], 'Cy Young': ['Cy Young.jpg'] }],
    ['a folder of photos named after people', { Amy: ['staff/Amy.jpg'], Raj: ['staff/Raj.jpg'] }],
    [
      'the same in more folders',
      { Amy: ['Export/2024-01/Team photos/Amy.jpg'], Raj: ['Export/2024-01/Team photos/Raj.jpg'] },
    ],
    ['departments', { Amy: ['Sales/Amy.jpg'], Raj: ['Engineering/Raj.jpg'], Bo: ['Sales/Bo/1.jpg'] }],
    ['a folder around', { Ada: ['ACME/Ada/1.jpg'], Bo: ['ACME/Bo/Smiling here.jpg'] }],
    [
      'folders by year',
      { Amy: ['People/Amy/2021/1.jpg', 'People/Amy/2022/1.jpg'], Bo: ['People/Bo/2021/IMG_2031.jpg'] },
    ],
    ['years first', { Amy: ['2021/Amy/1.jpg', '2022/Amy/2.jpg'], Bo: ['2022/Bo/3.jpg'] }],
    ['one person', { Amy: ['People/Amy/2021/1.jpg'] }],
    ['one person, by number', { Ada: ['Ada/Ada_0001.jpg', 'Ada/again.jpg', 'Ada/ada 2.jpg'] }],
    ['one person, photos of a camera', { Amy: ['Amy/IMG_2031.jpg', 'Amy/DSC0001.JPG', 'Amy/portrait.jpg'] }],
    ['albums', { Amy: ['Amy/1.jpg', 'Amy/Holiday/2.jpg', 'Amy/left/3.jpg'], Bo: ['Bo/left/4.jpg'] }],
    ['one person with albums, by number', { Amy: ['Amy/Amy 1.jpg', 'Amy/Paris/2.jpg', 'Amy/Rome/3.jpg'] }],
    ['numbers of employees', { 10234: ['staff/10234/1.jpg'], 10235: ['staff/10235/IMG_2.jpg'] }],
    ['two spellings', { 'Ren\u00e9': ['Ren\u00e9/1.jpg', 'Rene\u0301/2.jpg'] }],
  ])('is found for %s', (_what, expected) => {
    expect(understood(Object.values(expected).flat())).toEqual(whoIs(expected));
  });

  it.each([
    [['2021/1.jpg', '2022/2.jpg']],
    [['2021/12/IMG_2031.jpg', '2021/12/DSC0001.jpg']],
    [
      [
        'IMG_2031.jpg',
        'DSC0001.jpg',
        'WhatsApp Image 2024-01-05 at 10.20.30.jpeg',
        'PXL_20210503_123456789.jpg',
        '1.jpg',
      ],
    ],
    [['staff/IMG_2031.jpg', 'staff/Screenshot 2024-03-03.png']],
    [['staff.jpg', 'photos/team.jpg']],
    [['ACME/Amy.jpg', 'ACME/Bo.jpg']],
    [['ACME/Amy.jpg', 'ACME/Bo/1.jpg']],
    [['Amy/Paris/1.jpg', 'Bo/Rome/2.jpg']],
    [['ACME/1.jpg', 'ACME/Ada/2.jpg']],
  ])('is asked for, not guessed: %j', (paths) => {
    expect(Object.values(understood(paths))).toEqual(paths.map(() => UNCLEAR));
  });

  it('says which of two it could be, and how to say it', () => {
    const [photo, album] = [
      namesFromPaths(['ACME/Amy.jpg'], 'auto')[0],
      namesFromPaths(['Amy/Paris/1.jpg', 'Bo/Rome/2.jpg'], 'auto')[0],
    ];
    expect(photo).toMatchObject({
      error: {
        message:
          'Either the folder "ACME" or the file, "Amy", is named after the person: import by "folder" or by "file".',
      },
    });
    expect(album).toMatchObject({
      error: {
        message:
          'Either the folder "Amy" or the folder in it, "Paris", is named after the person: import by "top-folder" or by "folder".',
      },
    });
  });

  it.each<[by: NamedBy, paths: string[], names: string[]]>([
    ['folder', ['ACME/Amy.jpg', 'ACME/Bo.jpg'], ['ACME', 'ACME']],
    ['folder', ['staff/Amy.jpg', 'Cy.jpg', '1.jpg'], ['staff', 'Cy', UNCLEAR]],
    ['folder', ['Amy/Paris/1.jpg', 'Bo/2021/2.jpg', 'Bo/IMG_1/2.jpg', '2021/3.jpg'], ['Paris', 'Bo', 'Bo', '2021']],
    ['top-folder', ['People/Amy/Paris/1.jpg', 'People/Bo/Rome/2.jpg', 'People/Cy/3.jpg'], ['Amy', 'Bo', 'Cy']],
    ['top-folder', ['ACME/Amy/Paris/1.jpg', 'ACME/Bo/2.jpg', 'Cy.jpg'], ['Amy', 'Bo', 'Cy']],
    ['file', ['ACME/Amy.jpg', 'Bo/Cy.jpg', '10234.jpg', 'IMG_2031.jpg'], ['Amy', 'Cy', '10234', UNCLEAR]],
  ])('is what is said: by %s, %j', (by, paths, names) => {
    expect(Object.values(understood(paths, by)).sort()).toEqual([...names].sort());
  });

  it('passes over what is no photo, and says what it is', () => {
    const found = namesFromPaths(['Amy/IMG_1.HEIC', 'Amy/IMG_1.mov', 'Amy/IMG_1.HEIC.xmp', 'Amy/2'], 'auto');
    expect(found).toMatchObject([
      { name: 'Amy' },
      { error: { code: 'not_an_image', message: 'video, not a photo' } },
      { error: { code: 'not_an_image', message: 'xmp file, not a photo' } },
      { name: 'Amy' },
    ]);
  });
});

const PEOPLE = ['Ada', 'Amy Farrah', 'bo', 'José', 'Zoë', '王小明', 'May', 'Müller 1962', 'ACME'];
const DATES = ['2021', '2022-05', '2021-05-03', 'Summer 2021'];
const DEVICES = [
  'IMG_2031',
  'DSC0001',
  'WhatsApp Image 2024-01-05 at 10.20.30',
  'PXL_20210503_1',
  'Screenshot 2024',
  '100APPLE',
];
const WORDS = ['staff', 'People', 'photos', 'New folder', 'team 2', 'portrait'];
const NUMBERS = ['1', '07', 'b'];
const person = fc.constantFrom(...PEOPLE);
const wrapper = fc.array(fc.constantFrom(...WORDS, ...DATES), { maxLength: 3 });
const anyPart = fc.constantFrom(...PEOPLE, ...DATES, ...DEVICES, ...WORDS, ...NUMBERS);
const tree = fc
  .uniqueArray(fc.tuple(fc.array(anyPart, { maxLength: 4 }), anyPart), {
    minLength: 1,
    maxLength: 25,
    selector: ([folders, stem]) => [...folders, stem].join('/'),
  })
  .map((files) => files.map(([folders, stem]) => [...folders, `${stem}.jpg`].join('/')));

describe('any tree of photos', () => {
  it('is understood where each person has a folder, with or without folders around and in it', () => {
    const inPerson = fc.tuple(
      fc.array(fc.constantFrom(...DATES, ...DEVICES), { maxLength: 2 }),
      fc.constantFrom(...DEVICES, ...NUMBERS, 'Laughing'),
    );
    const people = fc.uniqueArray(person, { minLength: 2 });
    const around = fc.tuple(wrapper, fc.option(fc.constant('Initech'), { nil: undefined }));
    fc.assert(
      fc.property(people, around, fc.array(inPerson, { minLength: 1 }), (names, [outer, company], photos) => {
        const expected = names.flatMap((name) =>
          photos.map(([folders, stem], i) => {
            const parts = [...outer, ...(company === undefined ? [] : [company]), name, ...folders, `${stem} ${i}.jpg`];
            return [parts.join('/'), name] as const;
          }),
        );
        expect(understood(expected.map(([path]) => path))).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('is understood where photos are named after people, in any folders around', () => {
    fc.assert(
      fc.property(wrapper, fc.uniqueArray(person, { minLength: 1 }), (outer, names) => {
        const expected = names.map((name) => [[...outer, `${name}.jpg`].join('/'), name] as const);
        expect(understood(expected.map(([path]) => path))).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('never makes a date, a camera or a word into a person, and takes names from the path only', () => {
    fc.assert(
      fc.property(tree, (paths) => {
        const found = namesFromPaths(paths, 'auto');
        expect(found.map(({ file }) => file)).toEqual(paths);
        for (const one of found) {
          if ('error' in one) expect(one.error.code).toBe(UNCLEAR);
          else {
            expect(['date', 'device', 'word']).not.toContain(doubtOf(one.name));
            expect(
              one.file
                .replace(/\.jpg$/, '')
                .normalize('NFC')
                .split('/'),
            ).toContain(one.name);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is understood the same in any order, and in one more folder of a common word', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('staff', 'People'), (paths, outer) => {
        const plain = understood(paths);
        expect(understood([...paths].reverse())).toEqual(plain);
        const wrapped = understood(paths.map((path) => `${outer}/${path}`));
        expect(wrapped).toEqual(
          Object.fromEntries(Object.entries(plain).map(([path, name]) => [`${outer}/${path}`, name])),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('never makes one person of several names by one more folder around them', () => {
    fc.assert(
      fc.property(tree, (paths) => {
        const plain = understood(paths);
        const wrapped = understood(paths.map((path) => `Initech/${path}`));
        const people = new Set(Object.values(plain).filter((name) => name !== UNCLEAR));
        if (people.size > 1) expect(Object.values(wrapped)).not.toContain('Initech');
      }),
      { numRuns: 300 },
    );
  });
});
