import { describe, expect, it } from 'vitest';
import { doubtOf } from '../../../src/people/unlikely-name.js';

describe('doubtOf', () => {
  it.each([
    ['date', ['2021', '2021-05', '20210503', '20240101_123456(0)', '03.05.2021', 'Summer 2021', 'May 2021']],
    [
      'device',
      [
        ...[
          'IMG_2031',
          'IMG_E1234',
          'IMG-20240101-WA0001',
          'DSC0001',
          '_DSC1234',
          'DSC_0001 (2)',
          '_MG_1234',
          'P1010001',
        ],
        ...[
          'PXL_20210503_123456789.PORTRAIT',
          'MVIMG_20210503',
          'GH010001',
          '100APPLE',
          'FB_IMG_1234',
          'image0',
          'Bild 003',
        ],
        ...['WhatsApp Image 2024-01-05 at 10.20.30 AM (1)', 'WhatsApp Image 2024-…', 'signal-2024-01-01-101112'],
        ...['Screenshot 2024-03-03', 'Screenshot_20240101-101010_com.whatsapp', 'Captura de pantalla 2021-05-03'],
        ...['photo_2024-01-01_10-00-00', 'WIN_20210503_12_34_56_Pro', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
      ],
    ],
    ['number', ['1', '0001', '10234', 'a', 's1']],
    [
      'word',
      ['staff', 'Staff 2', 'Équipe', 'New folder (3)', 'Google Photos', 'blob', 'WhatsApp Images', '照片', 'фото'],
    ],
  ])('takes for a %s what is one', (doubt, names) => {
    expect(names.map((name) => [name, doubtOf(name)])).toEqual(names.map((name) => [name, doubt]));
  });

  it('has no doubt about people', () => {
    const people = [
      ...[
        'Ada',
        'Amy Farrah',
        'amy',
        'May',
        'June',
        'Summer',
        'Noel',
        'Rose',
        'De La Cruz',
        'La',
        'Al',
        'Bo',
        'Signal',
      ],
      ...['Müller 1962', 'Pablo 2021', 'Louis 14', 'Ada_0001', 'Sam_0001', 'X Æ A-12', 'Dr. Who', 'Team Amy', 'Apple'],
      ...['Person 12', 'user1', 'subject_003', 'Employee 7'],
      ...['李', '王小明', '山田太郎', 'محمد', 'Jose\u0301', '--'],
    ];
    expect(people.filter((name) => doubtOf(name) !== null)).toEqual([]);
  });
});
