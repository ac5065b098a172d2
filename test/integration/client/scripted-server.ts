import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request; what it leaves open is ended with the server. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** A server that answers as it is told, one answer after the other, the last one for ever. */
export class ScriptedServer {
  /** Of each request: method and path, when it came (milliseconds), and its body once that is here. */
  readonly requests: { line: string; atMs: number; headers: IncomingMessage['headers']; body: string }[] = [];
  private answers: Answer[] = [];

  private constructor(private readonly server: ReturnType<typeof createServer>) {
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets what came before. */
  will(...answers: Answer[]): void {
    this.answers = answers;
    this.requests.length = 0;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    const seen = { line: `${method} ${url}`, atMs: performance.now(), headers, body: '' };
    this.requests.push(seen);
    const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0];
    request.on('data', (chunk: Buffer) => (seen.body += chunk.toString()));
    await answer(response, request);
  }
}

/** A reply of Rostro, once the request is here. */
export function replies(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (response, request) => {
    request.on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
    request.resume();
  };
}

export function refuses(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const error = { code, message: `It is ${code}.`, details: {} };
  return replies(status, { error, requestId: 'a-request' }, headers);
}

/** Ends the connection without a word, when the request is here. */
export const drops: Answer = (response, request) => {
  request.on('end', () => response.destroy());
  request.resume();
};

/** Takes the request and says nothing. */
export const hangs: Answer = (_response, request) => void request.resume();
