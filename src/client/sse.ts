/** What one event of a stream says; `data` is null where it only moves the id on. */
export interface SseMessage {
  readonly id: string | null;
  readonly data: string | null;
  readonly retryMs: number | null;
}

/**
 * Cuts a stream of Server-Sent Events into its messages; comments come as messages without anything, to tell that the
 * other end is there. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseParser {
  private readonly decoder = new TextDecoder();
  private text = '';

  /** @returns the messages that are complete now */
  push(chunk: Uint8Array): SseMessage[] {
    this.text += this.decoder.decode(chunk, { stream: true });
    // The last line end may be the first half of one.
    const blocks = this.text.replace(/\r\n/g, '\n').split('\n\n');
    this.text = blocks.pop()!;
    return blocks.map(messageOf);
  }
}

function messageOf(block: string): SseMessage {
  const values = (field: string) =>
    block.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      return name === field ? [line.slice(colon < 0 ? line.length : colon + 1).replace(/^ /, '')] : [];
    });
  const data = values('data');
  const retry = values('retry').at(-1);
  return {
    id: values('id').at(-1) ?? null,
    data: data.length === 0 ? null : data.join('\n'),
    retryMs: retry !== undefined && /^\d+$/.test(retry) ? Number(retry) : null,
  };
}
