import { expect, it } from 'vitest';
import { readState, writeState } from '../../../public/js/people/list-state.js';

const everyone = { search: '', group: '', sort: 'name', initial: '', page: 1 } as const;

it('leaves the address bare for the first page of everyone', () => {
  expect(writeState(everyone)).toBe('');
  expect(readState('')).toEqual(everyone);
});

it.each([
  { ...everyone, search: 'a & b=c', page: 3 },
  { ...everyone, group: 'Turín #2', sort: 'newest' as const },
  { ...everyone, initial: '#', sort: 'photos' as const, page: 209 },
])('reads what it wrote: %o', (state) => {
  expect(readState(writeState(state))).toEqual(state);
});

it.each(['?page=0', '?page=-1', '?page=1.5', '?page=x', '?sort=age', '?other=1'])('passes over %s', (search) => {
  expect(readState(search)).toEqual(everyone);
});
