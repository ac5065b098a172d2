import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { csvOf, tableFileName, tableOf, workbookOf } from '../../../src/attendance/table.js';
import { zipOf } from '../../../src/shared/archive/zip.js';
import { seenAt, sessionOf } from '../../helpers/attendance-store-contract.js';
import { csvRows } from '../../helpers/csv-rows.js';

const NASTY = ['=1+1', '+49 30', '-2', '@SUM(A1)', '\t=1', 'O"Neil, Ada', 'two\r\nlines', 'Ñandú 李', ''];

describe('a table of attendance', () => {
  const session = sessionOf(['Ada', 'Zoë']);
  const rows = [{ ...session.rows[0], seen: seenAt(20), note: 'bus' }, session.rows[1]];
  const table = (language: 'en' | 'es', timeZone: string) =>
    tableOf({ ...session, rows }, { language, timeZone }, (name) => (name === 'Ada' ? 'a-1' : null));

  it('has the words of the language and the times of the time zone', () => {
    expect(table('en', 'UTC').slice(1)).toEqual([
      ['Ada', 'a-1', 'present', 'late', '2026-03-01 12:20', '2026-03-01 12:20', 'photo', 'bus'],
      ['Zoë', '', 'absent', '', '', '', '', ''],
    ]);
    expect(table('es', 'Asia/Tokyo')[1]).toEqual([
      'Ada',
      'a-1',
      'presente',
      'tarde',
      '2026-03-01 21:20',
      '2026-03-01 21:20',
      'foto',
      'bus',
    ]);
    expect(() => table('en', 'Moon/Crater')).toThrow(/not a time zone/);
  });

  it('becomes a CSV that another parser reads back, with formulas disarmed', () => {
    const text = csvOf([NASTY, NASTY]);
    expect(text.startsWith('\ufeff')).toBe(true);
    const read = csvRows(text.slice(1));
    expect(read).toHaveLength(2);
    expect(read[0]).toEqual(NASTY.map((cell) => (/^[=+\-@\t]/.test(cell) ? `'${cell}` : cell)));
  });

  it('becomes a workbook whose cells are texts', async () => {
    const files = workbookOf([NASTY]);
    const sheet = files.find(({ path }) => path.endsWith('sheet1.xml'))!.bytes.toString('utf8');
    const cells = [...sheet.matchAll(/<c t="inlineStr"><is><t xml:space="preserve">([^<]*)<\/t><\/is><\/c>/g)];
    expect(cells.map(([, text]) => text)).toEqual(NASTY);
    expect(sheet).not.toContain('<f>');
    const [{ bytes }] = workbookOf([['a < b & c\u0000']]).slice(-1);
    expect(bytes.toString()).toContain('a &lt; b &amp; c<');
    expect((await buffer(zipOf(files))).subarray(0, 2).toString()).toBe('PK');
  });

  it('has a file name that every system takes', () => {
    expect(tableFileName({ ...session, title: '3B: "a/b"\n' }, 'csv')).toBe('2026-03-01 3B a b.csv');
  });
});
