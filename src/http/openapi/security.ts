import type { Access } from '../access-table.js';

export const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A key of `rostro keys create`.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key as `Authorization: Bearer`.' },
  login: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rostro_session',
    description:
      'Of `POST /session`; `__Host-rostro_session` over HTTPS. Changes need its token as `x-csrf-token` too.',
  },
};

/** Any of the schemes, with the scope that the key needs. */
export function securityOf(access: Access): object[] {
  return access === 'public' ? [] : Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [access] }));
}
