import { expect } from 'vitest';
import type { z } from 'zod';
import { compreFaceFailure } from '../../src/plugins/compreface/errors.js';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type Body = FormData | string | object | undefined;

/** Requests like those of a CompreFace client with this key. */
export class CompreFaceClient {
  constructor(
    private readonly url: string,
    private readonly key?: string,
  ) {}

  async send(method: string, path: string, body?: Body, headers: Record<string, string> = {}): Promise<Reply> {
    const isPlain = body === undefined || typeof body === 'string' || body instanceof FormData;
    const reply = await fetch(`${this.url}/api/v1${path}`, {
      method,
      body: isPlain ? body : JSON.stringify(body),
      headers: {
        ...(this.key !== undefined && { 'x-api-key': this.key }),
        ...(!isPlain && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    return { status: reply.status, headers: reply.headers, body: await reply.json() };
  }

  /** Checks status and body. */
  async asks<T>(schema: z.ZodType<T>, method: string, path: string, body?: Body): Promise<T> {
    const reply = await this.send(method, path, body);
    expect(reply.body).not.toHaveProperty('code');
    expect(reply.status).toBe(method === 'POST' && /\/(?:subjects|faces(?:\?.*)?)$/.test(path) ? 201 : 200);
    return schema.parse(reply.body);
  }

  /** @returns the error message */
  async isRefused(status: number, code: number, ...request: Parameters<CompreFaceClient['send']>): Promise<string> {
    const reply = await this.send(...request);
    const { message, code: given } = compreFaceFailure.parse(reply.body);
    expect({ status: reply.status, code: given, message }).toMatchObject({ status, code });
    return message;
  }
}

/** A multipart body of pictures by part name. */
export function parts(pictures: Readonly<Record<string, Uint8Array>>): FormData {
  const form = new FormData();
  for (const [name, bytes] of Object.entries(pictures))
    form.append(name, new Blob([new Uint8Array(bytes)]), `${name}.jpg`);
  return form;
}
