import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decode, ENCODINGS, nameOf, parseEncoding, pathOf, recognise } from '../../../src/shared/text-encoding.js';

const inCodePage = (text: string, encoding: string) => iconv.encode(text, encoding);

describe('names that are not UTF-8 and are recognised', () => {
  it.each([
    ...['José', 'Müller', 'Zoë', 'José Núñez', 'JOSÉ', 'Åse Øverby', 'Éva', 'François', 'Þórður', 'D’Arcy'],
    ...['Weiß', 'Jean-François', 'André 2', 'João', 'Šárka'],
  ])('%s in Windows-1252', (name) => {
    expect(recognise(inCodePage(name, 'cp1252'))).toEqual({ text: name, encoding: 'cp1252' });
    expect(nameOf(inCodePage(`${name}.jpg`, 'cp1252'))).toBe(`${name}.jpg`);
  });

  it.each(['张伟', '王小明', '李娜', '刘洋 (2)', '3-张三'])('%s in GBK', (name) => {
    expect(recognise(inCodePage(name, 'gbk'))).toEqual({ text: name, encoding: 'gbk' });
    expect(nameOf(inCodePage(`${name}.jpg`, 'gbk'))).toBe(`${name}.jpg`);
  });

  it('reads every folder of a path', () => {
    expect(pathOf(inCodePage('张伟/Núñez/1.jpg', 'gbk').subarray(0, 5))).toBe('张伟/');
    expect(pathOf(Buffer.concat([inCodePage('张伟/', 'gbk'), inCodePage('José.jpg', 'cp1252')]))).toBe('张伟/José.jpg');
  });
});

describe('names that are uncertain', () => {
  it.each([
    ...[
      ['田中', 'shift_jis'],
      ['김철수', 'euc-kr'],
      ['주은', 'euc-kr'],
      ['陳大文', 'big5'],
      ['廖國', 'big5'],
      ['Иван', 'cp1251'],
      ['Мпр', 'cp1251'],
      ['Иван', 'koi8-r'],
      ['Иван', 'cp866'],
      ['Γιώργος', 'cp1253'],
      ['سعيد', 'cp1256'],
      ['משה', 'cp1255'],
      ['สมชาย', 'cp874'],
      ['José', 'cp850'],
      ['Müller', 'cp437'],
      ['José', 'macintosh'],
      ['Paweł', 'cp1250'],
      ['测试', 'gbk'],
    ],
  ])('%s in %s', (name, encoding) => {
    expect(recognise(inCodePage(name, encoding))).toBeNull();
    expect(nameOf(inCodePage(name, encoding))).toContain('\ufffd');
  });

  it.each([
    ['cut UTF-8', 'Jos\xc3'],
    ['cut UTF-8 in capitals', 'JOS\xc3'],
    ['UTF-8 and Latin-1 mixed', 'Jos\xc3\xa9 N\xfa\xf1ez'],
    ['a byte order mark', '\xff\xfe'],
    ['arbitrary bytes', 'A\x80\x81b'],
  ])('%s', (_what, bytes) => {
    expect(recognise(Buffer.from(bytes, 'latin1'))).toBeNull();
  });
});

it('knows encodings by their usual names', () => {
  expect(ENCODINGS.map((encoding) => parseEncoding(encoding.toUpperCase()))).toEqual(ENCODINGS);
  const given = ['CP437', 'Shift-JIS', 'sjis', 'Windows-1252', 'latin1', 'GB18030', 'EUC-KR', 'utf-7', ''];
  expect(given.map(parseEncoding)).toEqual([
    ...['cp437', 'shift_jis', 'shift_jis', 'cp1252', 'cp1252', 'gbk', 'euc-kr', null, null],
  ]);
  for (const encoding of ENCODINGS) expect(decode(Buffer.from('Ada'), encoding)).toBe('Ada');
});
