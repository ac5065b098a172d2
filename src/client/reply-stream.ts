export interface StreamEnds {
  /** However it ends. */
  readonly onEnd: () => void;
  /** @returns what the stream fails with */
  readonly failed: (cause: unknown) => unknown;
}

/** The body of a reply, which tells of its end and fails as calls do. */
export function watched(
  body: ReadableStream<Uint8Array> | null,
  { onEnd, failed }: StreamEnds,
): ReadableStream<Uint8Array> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          onEnd();
          controller.close();
        } catch (cause) {
          onEnd();
          controller.error(failed(cause));
        }
      },
      async cancel(reason) {
        onEnd();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
