import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { parseJsonBytes, parseQuery } from '../../../src/http/form-text.js';
import { type Part, received } from '../../helpers/multipart.js';

const LINE = '\r\n';
const headOf = (text: string, encoding = 'utf-8') => iconv.encode(`Content-Disposition: form-data; ${text}`, encoding);
const file = (name: string, encoding?: string): Part => ({
  head: headOf(`name="file"; filename="${name}"`, encoding),
  content: Buffer.from('photo'),
});
const field = (value: string, encoding: string, type = ''): Part => ({
  head: Buffer.concat([headOf('name="name"'), Buffer.from(type === '' ? '' : `${LINE}Content-Type: ${type}`)]),
  content: iconv.encode(value, encoding),
});

describe('file names of multipart parts', () => {
  it.each([
    ['José Núñez.jpg', 'utf-8'],
    ['José Núñez.jpg', 'cp1252'],
    ['Müller.jpg', 'latin1'],
    ['张伟.jpg', 'gbk'],
    ['张伟/Zoë.jpg', 'utf-8'],
    ['山田 "太郎".jpg'.replaceAll('"', '%22'), 'utf-8'],
  ])('reads %s in %s', async (name, encoding) => {
    expect((await received(file(name, encoding))).files).toEqual([name.replaceAll('%22', '"')]);
  });

  it('reads the names of each part in its own encoding', async () => {
    const parts = [file('José.jpg', 'cp1252'), file('王芳.jpg', 'gbk'), file('Zoë.jpg'), file('田中.jpg', 'shift_jis')];
    const { files } = await received(...parts);
    expect(files.slice(0, 3)).toEqual(['José.jpg', '王芳.jpg', 'Zoë.jpg']);
    expect(files[3]).toContain('\ufffd');
  });

  it.each([
    ["filename*=UTF-8''%C3%96.jpg", 'Ö.jpg'],
    ["filename*=UTF-8''%C3%83%C2%A9.jpg", 'Ã©.jpg'],
    ["filename*=iso-8859-1''%D6.jpg", 'Ö.jpg'],
    [`filename="=?utf-8?B?w5YuanBn?="; filename*=utf-8''%C3%96.jpg`, 'Ö.jpg'],
  ])('takes %s as it is declared', async (parameter, name) => {
    const part = { head: headOf(`name="file"; ${parameter}`), content: Buffer.from('photo') };
    expect((await received(part)).files).toEqual([name]);
  });
});

describe('fields of multipart bodies', () => {
  it.each([
    ['Ö', 'utf-8', ''],
    ['José', 'cp1252', ''],
    ['李娜', 'gbk', ''],
    ['Ö', 'utf-8', 'text/plain; charset=utf-8'],
    ['山田', 'utf-8', 'text/plain; charset="UTF-8"'],
    ['José', 'cp1252', 'text/plain; charset=windows-1252'],
  ])('reads %s in %s, %j', async (value, encoding, type) => {
    expect((await received(field(value, encoding, type), file('a.jpg'))).name).toBe(value);
  });

  it('loses what is uncertain, for the name check to refuse', async () => {
    expect((await received(field('田中', 'shift_jis'), file('a.jpg'))).name).toContain('\ufffd');
    const declared = field('田中', 'shift_jis', 'text/plain; charset=shift_jis');
    expect((await received(declared, file('a.jpg'))).name).toContain('\ufffd');
    const twice = await received(field('José', 'cp1252'), field('Ö', 'utf-8'), file('a.jpg'));
    expect(twice.name).toEqual(['José', 'Ö']);
  });
});

describe('query strings', () => {
  it.each([
    ['name=Jos%C3%A9', 'José'],
    ['name=Jos%E9', 'José'],
    ['name=%CD%F5%B7%BC', '王芳'],
    [`name=${Buffer.from('José').toString('latin1')}`, 'José'],
    ['name=Ada+Lovelace', 'Ada Lovelace'],
    ['name=100%25%zz', '100%%zz'],
  ])('%s', (query, name) => {
    expect(parseQuery(query)).toEqual({ name });
  });

  it('takes repeated values, and loses what is uncertain', () => {
    expect({ ...parseQuery('group=a&group=b&') }).toEqual({ group: ['a', 'b'] });
    expect(parseQuery('name=%93%63%92%86').name).toContain('\ufffd');
  });
});

describe('JSON bodies', () => {
  it('reads the texts of a document that is not UTF-8', () => {
    expect(parseJsonBytes(iconv.encode('{"name":"José","groups":["Zoë","a"],"n":1}', 'cp1252'))).toEqual({
      name: 'José',
      groups: ['Zoë', 'a'],
      n: 1,
    });
    expect(parseJsonBytes(iconv.encode('{"name":"张伟"}', 'gbk'))).toEqual({ name: '张伟' });
    expect(parseJsonBytes(iconv.encode('{"a":"\\u5f20","b":"José","c":"\\u5f20é"}', 'cp1252'))).toEqual({
      a: '张',
      b: 'José',
      c: '张\ufffd',
    });
    expect(parseJsonBytes(Buffer.from('\ufeff{"name":"Ö"}'))).toEqual({ name: 'Ö' });
  });

  it('loses what is uncertain', () => {
    const { name } = parseJsonBytes(iconv.encode('{"name":"田中"}', 'euc-jp')) as { name: string };
    expect(name).toContain('\ufffd');
  });
});
