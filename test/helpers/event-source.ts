import { cameraEventSchema, type CameraEvent } from '../../src/events/event.js';

/** A client of `GET /events`. Checks every event against its schema. */
export class EventClient {
  readonly events: CameraEvent[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;

  private constructor(
    reply: Response,
    private readonly stop: AbortController,
  ) {
    this.ended = this.read(reply).catch(() => undefined);
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventClient> {
    const stop = new AbortController();
    const reply = await fetch(url, { headers, signal: stop.signal });
    if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);
    return new EventClient(reply, stop);
  }

  /** Each as `type person`. */
  get told(): string[] {
    return this.events.map(({ type, person }) => `${type} ${person ?? '?'}`);
  }

  close(): void {
    this.stop.abort();
  }

  private async read(reply: Response): Promise<void> {
    let text = '';
    for await (const chunk of reply.body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      const parts = text.split('\n\n');
      text = parts.pop()!;
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data === undefined) continue;
        const event = cameraEventSchema.parse(JSON.parse(data));
        if (!part.startsWith(`id: ${event.id}\nevent: ${event.type}\n`)) throw new Error(part);
        this.events.push(event);
      }
    }
  }
}
