import { describe, expect, it } from 'vitest';
import { parsePersonDetails } from '../../../src/people/person-details.js';

const refusal = (input: Parameters<typeof parsePersonDetails>[0]): string => {
  try {
    return `taken as ${JSON.stringify(parsePersonDetails(input))}`;
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad_details' });
    return (error as Error).message;
  }
};
const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) });

describe('what is said of a person', () => {
  it('is taken as far as it is given; groups sorted, each once', () => {
    expect(parsePersonDetails({})).toEqual({});
    expect(parsePersonDetails({ id: null })).toEqual({ id: null });
    expect(parsePersonDetails({ id: ' Jose\u0301 7 ', groups: ['b', 'a', ' b'], metadata: { a: [1, null] } })).toEqual({
      id: 'Jos\u00e9 7',
      groups: ['a', 'b'],
      metadata: { a: [1, null] },
    });
    const longest = { id: '😀'.repeat(128), groups: ['g'.repeat(64)], metadata: { a: 'x'.repeat(16 * 1024 - 8) } };
    expect(parsePersonDetails(longest)).toEqual(longest);
  });

  it('has a consent: a basis, of today, or with date and note; and days', () => {
    const today = new Date().toISOString().slice(0, 10);
    expect(parsePersonDetails({ consent: 'contract', expires: '2028-02-29' })).toEqual({
      consent: { basis: 'contract', date: today, note: null },
      expires: '2028-02-29',
    });
    const consent = { basis: 'other', date: '2026-09-01', note: ' Folder 12 ' };
    expect(parsePersonDetails({ consent })).toEqual({ consent: { ...consent, note: 'Folder 12' } });
    expect(parsePersonDetails({ consent: null, expires: null, cover: null })).toEqual({
      consent: null,
      expires: null,
      cover: null,
    });
  });

  it.each([
    [
      { consent: 'whim' },
      'A consent has a basis (consent, contract, legal_duty, public_interest, other), and may have a date and a note.',
    ],
    [
      { consent: { date: '2026-09-01' } },
      'A consent has a basis (consent, contract, legal_duty, public_interest, other), and may have a date and a note.',
    ],
    [{ consent: { basis: 'other', date: '2026-02-30' } }, 'The date of a consent is a day such as 2027-12-31.'],
    [
      { consent: { basis: 'other', note: 'x'.repeat(501) } },
      'The note of a consent has 500 characters at most; this one has 501.',
    ],
    [{ expires: '31.12.2027' }, 'The expiry date is a day such as 2027-12-31.'],
    [{ id: 7 }, 'An id is a text.'],
    [{ id: ' ' }, 'An id must not be empty.'],
    [{ id: 'a\u200b' }, 'An id must not contain invisible or control characters.'],
    [{ id: 'a\nb' }, 'An id must not contain invisible or control characters.'],
    [{ id: '\ud800' }, 'An id must not contain invisible or control characters.'],
    [{ id: 'x'.repeat(129) }, 'An id has 128 characters at most; this one has 129.'],
    [{ groups: 'staff' }, 'The groups are a list of names.'],
    [{ groups: ['x'.repeat(65)] }, 'A group has 64 characters at most; this one has 65.'],
    [{ groups: Array.from({ length: 65 }, (_, i) => `${i}`) }, 'A person is in 64 groups at most; these are 65.'],
    [{ metadata: [] }, 'The metadata is a JSON object.'],
    [{ metadata: null }, 'The metadata is a JSON object.'],
    [{ metadata: { a: 'x'.repeat(16 * 1024 - 7) } }, 'The metadata has 16384 bytes at most; this is 16385.'],
    [{ metadata: nested(66) }, 'The metadata is more than 64 levels deep.'],
    [{ metadata: { a: '\0' } }, 'The metadata holds a text with a zero byte or half of a character.'],
    [{ metadata: { '\ud800': 1 } }, 'The metadata holds a text with a zero byte or half of a character.'],
  ])('is refused in one sentence (%#)', (input, message) => {
    expect(refusal(input)).toBe(message);
  });
});
