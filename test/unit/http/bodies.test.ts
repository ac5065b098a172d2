import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BodyBudget } from '../../../src/http/bodies.js';

const WAIT_MS = 1000;

let budget: BodyBudget;
beforeEach(() => {
  vi.useFakeTimers();
  budget = new BodyBudget({ totalBytes: 100, shareBytes: 60, waitMs: WAIT_MS });
});
afterEach(() => vi.useRealTimers());

/** Whether a promise is still pending, or how it ended. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const ended = promise.then(
    () => 'added',
    (error: unknown) => (error as { code: string }).code,
  );
  return Promise.race([ended, vi.advanceTimersByTimeAsync(1).then(() => 'waits')]);
}

describe('the budget of body bytes', () => {
  it('counts what is received, and has it back when a request ends', async () => {
    const [one, two] = [budget.lease('a'), budget.lease('b')];
    await one.add(20);
    await one.add(30);
    await two.add(40);
    expect(budget.heldBytes).toBe(90);
    one.end();
    one.end();
    expect(budget.heldBytes).toBe(40);
    two.end();
    expect(budget.heldBytes).toBe(0);
  });

  it('leaves to others what one key or address may not have', async () => {
    await budget.lease('a').add(60);
    const more = budget.lease('a').add(1);
    expect(await stateOf(more)).toBe('waits');
    expect(await stateOf(budget.lease('b').add(40))).toBe('added');
  });

  it('lets a request wait until another returns its bytes', async () => {
    const first = budget.lease('a');
    await first.add(60);
    await budget.lease('b').add(40);
    const waiting = budget.lease('c').add(50);
    expect(await stateOf(waiting)).toBe('waits');
    first.end();
    expect(await stateOf(waiting)).toBe('added');
    expect(budget.heldBytes).toBe(90);
  });

  it('refuses a request that waits too long in all, which returns its bytes', async () => {
    const [holder, waiting] = [budget.lease('a'), budget.lease('a')];
    await waiting.add(10);
    await holder.add(50);
    const first = waiting.add(10);
    await vi.advanceTimersByTimeAsync(0.6 * WAIT_MS);
    holder.hold(40);
    await first;
    const second = waiting.add(10);
    second.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0.5 * WAIT_MS);
    await expect(second).rejects.toMatchObject({ code: 'busy', details: { retryAfterSeconds: 5 } });
    expect(budget.heldBytes).toBe(40);
    await expect(waiting.add(1)).rejects.toMatchObject({ code: 'busy' });
  });

  it('does not keep a request waiting whose client has gone', async () => {
    await budget.lease('a').add(60);
    const gone = budget.lease('a');
    const waiting = gone.add(10);
    gone.end();
    await expect(waiting).rejects.toMatchObject({ code: 'client_gone' });
    expect(vi.getTimerCount()).toBe(0);
    expect(budget.heldBytes).toBe(60);
  });

  it('refuses at once what cannot wait, and changes nothing then', () => {
    const lease = budget.lease('a');
    expect([lease.hold(50), lease.hold(61), lease.hold(60)]).toEqual([true, false, true]);
    expect(budget.heldBytes).toBe(60);
    expect(lease.hold(0)).toBe(true);
    expect(budget.heldBytes).toBe(0);
  });
});
