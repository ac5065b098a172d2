/** Root order of the Unicode collation algorithm, the same on every machine. */
const collator = new Intl.Collator('en');

/** The order that people are told in. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
