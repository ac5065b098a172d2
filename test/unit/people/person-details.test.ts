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

  it.each([
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
