import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasPostgres, needsPostgres } from '../helpers/postgres.js';
import { hasFfmpeg, needsFfmpeg } from '../helpers/video.js';

const script = fileURLToPath(new URL('../../soak/all.ts', import.meta.url));
/** The machine may be busy: only what is answered counts here, not how fast. */
const SLACK = ['--slack', '100'];

async function soak(...options: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...options, ...SLACK], { stdio: 'pipe' });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, said: (await said).join('\n') };
}

/** So short that they find little: the scripts must run on the code of today. */
describe.concurrent('npm run soak', () => {
  it.each([
    'attack --seconds 0.3',
    'kill --rounds 1',
    'disk-full --rounds 1',
    'fuzz --inputs 150',
    'erasure --people 100',
    'history --rounds 2',
    'challenge --rounds 2 --people 0',
  ])('-- %s', succeeds);

  it.runIf(hasFfmpeg)(`-- camera --seconds 12${needsFfmpeg}`, () => succeeds('camera --seconds 12'));

  it.runIf(hasPostgres).each(['follow --changes 160', 'kill --rounds 1 --postgres 1'])(
    `-- %s${needsPostgres}`,
    succeeds,
  );

  it('-- no-such-test, or an unknown option, fails', async () => {
    expect((await soak('no-such-test')).code).toBe(1);
    expect((await soak('erasure', '--persons', '1')).code).toBe(1);
  });
});

/** Beside the others it has too few answers for one of each kind. */
describe('npm run soak, alone', () => {
  it.each(['load --seconds 20 --clients 8'])('-- %s', succeeds);
});

async function succeeds(command: string): Promise<void> {
  const [name, ...options] = command.split(' ');
  const { code, said } = await soak(name, ...options);
  expect(code, said).toBe(0);
  expect(said).toMatch(new RegExp(`^\\{"soak":"${name}"|^skipped: `, 'm'));
}
