/** What a key may do; each scope includes those before it. */
export const SCOPES = ['recognise', 'enrol', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export function includesScope(held: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}
