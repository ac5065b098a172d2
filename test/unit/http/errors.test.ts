import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../../src/shared/errors.js';
import { toRostroError } from '../../../src/http/error-handler.js';
import { HTTP_STATUS } from '../../../src/http/error-status.js';

const document = readFileSync(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');

describe('the table of errors', () => {
  it('documents every code, with its status where a client can meet it', () => {
    const rows = [...document.matchAll(/^\| (`[a-z_`, ]+`) +\| (\d{3}) /gm)];
    const documented = rows.flatMap(([, codes, status]) =>
      codes.match(/[a-z_]+/g)!.map((code) => [code, Number(status)]),
    );
    for (const [code, status] of documented) expect([code, HTTP_STATUS[code as ErrorCode]]).toEqual([code, status]);
    const named = new Set(documented.map(([code]) => code));
    const rest = ERROR_CODES.filter((code) => !named.has(code));
    expect(rest.map((code) => [code, HTTP_STATUS[code]])).toEqual(rest.map((code) => [code, 500]));
    for (const code of rest) expect(document).toContain(`\`${code}\``);
  });
});

describe('toRostroError', () => {
  it('tells nothing of an unexpected error', () => {
    const known = toRostroError(new Error('secret /etc/path'));
    expect(known).toMatchObject({ code: 'internal', details: undefined });
    expect(known.message).not.toContain('secret');
  });
});
