import type { CDPSession, Page } from 'playwright-core';
import type { Recognition } from '../../../src/client/index.js';

/** The memory of a page after garbage collection. */
export interface Held {
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

export async function heldBy(devtools: CDPSession): Promise<Held> {
  // Twice: the second one frees objects with weak references or finalizers.
  for (let i = 0; i < 2; i++) await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters');
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners };
}

/**
 * Lets the page have its answers at once, over its WebSocket: the server's own to the first frame, with the faces elsewhere
 * every time and away in every tenth.
 * @returns how many were answered
 */
export async function answerAtOnce(page: Page): Promise<() => number> {
  let first: Promise<Recognition> | null = null;
  let answered = 0;
  await page.routeWebSocket('**/live', (socket) => {
    let frame = 0;
    socket.onMessage(async (photo) => {
      first ??= recognize(new URL(socket.url()).host, photo as Buffer);
      socket.send(JSON.stringify({ type: 'faces', frame: ++frame, ...moved(await first, answered++) }));
    });
  });
  return () => answered;
}

async function recognize(host: string, photo: Buffer): Promise<Recognition> {
  const request = { method: 'POST', body: new Uint8Array(photo), headers: { 'content-type': 'image/jpeg' } };
  const reply = await fetch(`http://${host}/recognize?session=the-first-frame`, request);
  return (await reply.json()) as Recognition;
}

function moved(answer: Recognition, turn: number): Recognition {
  if (turn % 10 === 9) return { ...answer, faces: [] };
  const shift = 20 * Math.sin(turn);
  return { ...answer, faces: answer.faces.map((face) => ({ ...face, box: { ...face.box, x: face.box.x + shift } })) };
}
