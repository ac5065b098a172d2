import type { PhotoStream } from './photo.js';

/** The chunks of a stream; it is released when whoever takes them stops. */
export async function* chunksOf(stream: PhotoStream): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in stream) {
    yield* stream;
    return;
  }
  // Safari's streams cannot be iterated over.
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isOver = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isOver) await reader.cancel().catch(() => undefined);
  }
}

export interface ByteStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** What the chunks' own source failed with, as `[reason]`; the one who reads the stream may hear something else. */
  readonly failure: readonly unknown[];
}

/** Chunks as a stream that asks for the next one when there is room for it, and not before. */
export function streamOf(chunks: AsyncIterator<Uint8Array, void>): ByteStream {
  const failure: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          failure.push(error);
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, failure };
}
