import { describe, expect, it } from 'vitest';
import { describeError } from '../../../src/http/error-handler.js';
import { createLogger } from '../../../src/shared/pino-logger.js';

function logged(
  format: 'text' | 'json',
  level: 'info' | 'warn' = 'info',
): { lines: string[]; log: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, format }, { write: (line) => lines.push(line) }) };
}

describe('the log', () => {
  it('writes an object a line, with the level by its name and the time in UTC', () => {
    const { lines, log } = logged('json');
    log.info({ id: 'a', ms: 1.5 }, 'request');
    log.debug({}, 'too much');
    expect(lines).toHaveLength(1);
    expect(lines[0].endsWith('\n')).toBe(true);
    const { time, ...rest } = JSON.parse(lines[0]) as Record<string, unknown>;
    expect(rest).toEqual({ level: 'info', id: 'a', ms: 1.5, msg: 'request' });
    expect(time).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
  });

  it('writes a sentence a line for people', () => {
    const { lines, log } = logged('text', 'warn');
    log.info({}, 'too much');
    log.warn({ reason: 'no memory', stack: '    at here' }, 'it failed');
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} warn {2}it failed {2}reason=no memory\n {4}at here\n$/),
    ]);
  });

  it('escapes control characters in text, so that no value begins a line', () => {
    const { lines, log } = logged('text');
    log.info({ camera: 'door\n12:00:00.000 warn  request refused\u2028\u001b[2J' }, 'two\r\nlines');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/two\\u000d\\u000alines {2}camera=door\\u000a12:.+\\u2028\\u001b\[2J\n$/);
  });
});

describe('an unexpected error in it', () => {
  it('keeps what helps to find the defect', () => {
    const { error, message, stack } = describeError(new TypeError('x is not a function'));
    expect([error, message]).toEqual(['TypeError', 'x is not a function']);
    expect(stack).toContain('log.test.ts');
  });

  it('names nobody: no path, nothing in quotes, nothing that the client sent', () => {
    const failed = Object.assign(new Error("ENOENT: no such file, open '/data/uploads/Ada/1.jpg'"), {
      code: 'ENOENT',
      syscall: 'open',
      path: '/data/uploads/Ada/1.jpg',
    });
    expect(describeError(failed)).toMatchObject({ code: 'ENOENT', syscall: 'open', message: undefined });
    expect(JSON.stringify(describeError(failed))).not.toContain('Ada');
    const request = { params: { name: 'Grace H' }, query: {} } as never;
    const named = new Error('Grace H and "Ada" cannot be at Grace%20H');
    expect(describeError(named, request).message).toBe('… and "…" cannot be at …');
  });
});
