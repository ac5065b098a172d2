import iconv from 'iconv-lite';

/** Code pages that names of files come in, with other names of each. */
const CODE_PAGES = {
  cp437: ['ibm437'],
  cp850: ['ibm850'],
  cp852: ['ibm852'],
  cp866: ['ibm866'],
  cp1250: ['windows1250'],
  cp1251: ['windows1251'],
  cp1252: ['windows1252', 'latin1', 'iso88591'],
  cp1253: ['windows1253'],
  cp1254: ['windows1254'],
  gbk: ['cp936', 'gb2312', 'gb18030'],
  big5: ['cp950'],
  shift_jis: ['shiftjis', 'sjis', 'cp932', 'windows31j'],
  'euc-kr': ['euckr', 'cp949'],
} as const;

export type Encoding = keyof typeof CODE_PAGES;
export const ENCODINGS = Object.keys(CODE_PAGES) as readonly Encoding[];

/** @returns null for an encoding that is not in {@link ENCODINGS}, also by another name */
export function parseEncoding(text: string): Encoding | null {
  const wanted = text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const isMeant = (encoding: Encoding) =>
    encoding.replace(/[^a-z0-9]/g, '') === wanted || (CODE_PAGES[encoding] as readonly string[]).includes(wanted);
  return ENCODINGS.find(isMeant) ?? null;
}

/** Bytes that the encoding does not have become U+FFFD. */
export function decode(bytes: Uint8Array, encoding: Encoding): string {
  return iconv.decode(Buffer.from(bytes), encoding === 'gbk' ? 'gb18030' : encoding);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns null where the bytes are not UTF-8 */
export function utf8Of(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Whether the text holds U+FFFD, by which programs replace bytes that they cannot read: different names become one. */
export function hasLostCharacters(text: string): boolean {
  return text.includes('\ufffd');
}

/** Reads a name: as UTF-8, or as {@link recognise} does, otherwise as UTF-8 with U+FFFD for what is none. */
export function nameOf(bytes: Uint8Array): string {
  return utf8Of(bytes) ?? recognise(bytes)?.text ?? new TextDecoder().decode(bytes);
}

/** As {@link nameOf}, for each part of a path. */
export function pathOf(bytes: Uint8Array): string {
  const text = utf8Of(bytes);
  if (text !== null) return text;
  const parts = Buffer.from(bytes).toString('latin1').split('/');
  return parts.map((part) => nameOf(Buffer.from(part, 'latin1'))).join('/');
}

/** Characters whose codes stand for the bytes of a text, as Node.js gives headers and addresses. */
export function bytesOf(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1');
}

/**
 * Recognises the encoding of one name that is not UTF-8, only where no other usual code page gives a name: a name of
 * accented Latin letters among others, or a Chinese surname with one to three common characters.
 * @returns null where it is uncertain
 */
export function recognise(bytes: Uint8Array): { readonly text: string; readonly encoding: Encoding } | null {
  const latin = latinName(bytes);
  const chinese = chineseName(bytes);
  if (latin !== null && chinese === null) return { text: latin, encoding: 'cp1252' };
  if (chinese !== null && latin === null) return { text: chinese, encoding: 'gbk' };
  return null;
}

const NOT_ASCII = /[^\0-\x7f]/;
const ASCII_OTHER = /[\0-@[-`{-\x7f]+/;
/** The letters of Windows-1252, and its apostrophe. */
const LATIN_WORD = /^[A-Za-zÀ-ÖØ-öø-ÿŠŽšžŒœŸ]+(?:’[A-Za-zÀ-ÖØ-öø-ÿŠŽšžŒœŸ]+)*$/;
/** Code pages of other scripts and of DOS give capitals within a word, or hardly any unaccented letter. */
const UNUSUAL = /\p{Ll}\p{Lu}|[^\0-\x7f]{3}/u;

function latinName(bytes: Uint8Array): string | null {
  // Cut or mixed UTF-8, such as "é" in two bytes beside a stray one.
  if (NOT_ASCII.test(new TextDecoder().decode(bytes).replaceAll('\ufffd', ''))) return null;
  const text = decode(bytes, 'cp1252');
  // The first half of an accented letter in UTF-8.
  if (/[ÂÃ](?!\p{L})/u.test(text)) return null;
  const words = text.split(ASCII_OTHER).filter((word) => NOT_ASCII.test(word));
  const isLatin = (word: string) => {
    const accented = word.replace(/[\0-\x7f]/g, '').length;
    return LATIN_WORD.test(word) && !UNUSUAL.test(word) && accented <= 2 * (word.length - accented);
  };
  return words.length > 0 && words.every(isLatin) ? text : null;
}

/**
 * 94 of the 100 most frequent surnames (Ministry of Public Security, 2007); six are left out because their bytes are a
 * frequent surname in EUC-KR, Big5 or EUC-JP, too.
 */
const SURNAMES = new Set(
  '王李张刘陈杨黄赵吴周徐孙马朱胡何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏丁任沈姚卢姜崔钟' +
    '谭陆汪范金石廖贾夏韦方白邹孟熊秦邱江尹薛闫段雷侯史陶黎顾毛郝龚邵万钱严覃武戴莫孔向汤',
);
/** Two to four of the 3,755 common characters of GB 2312, whose first bytes are 0xB0 to 0xD7, and a file extension. */
const GB2312_NAME = /^[\0-@[-`{-\x7f]*((?:[\xb0-\xd7][\xa1-\xfe]){2,4})[\0-@[-`{-\x7f]*(?:\.[A-Za-z0-9]{1,5})?$/;
/** A capital and small letters in the code pages of Cyrillic and Greek. */
const CAPITALISED = /^[\xc0-\xdf][\xdc-\xff]+$/;

function chineseName(bytes: Uint8Array): string | null {
  const name = GB2312_NAME.exec(Buffer.from(bytes).toString('latin1'))?.[1];
  if (name === undefined || CAPITALISED.test(name)) return null;
  const text = decode(bytes, 'gbk');
  const first = /\p{Script=Han}/u.exec(text)?.[0] ?? '';
  return SURNAMES.has(first) ? text : null;
}
