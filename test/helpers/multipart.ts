import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import { fieldTexts, TEXT_OPTIONS } from '../../src/http/form-text.js';

/** A part of a multipart body: its head, without the blank line, and its content. */
export interface Part {
  readonly head: Uint8Array;
  readonly content: Uint8Array;
}

const LINE = Buffer.from('\r\n');

/** @returns the names of the files and the field `name`, as the server reads them */
export async function received(...parts: readonly Part[]): Promise<{ files: string[]; name: unknown }> {
  const lines = parts.flatMap(({ head, content }) => [Buffer.from('--x'), head, Buffer.alloc(0), content]);
  const body = Buffer.concat([...lines, Buffer.from('--x--')].flatMap((line) => [line, LINE]));
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': String(body.length) };
  const pieces = Readable.from([body.subarray(0, 20), body.subarray(20)]);
  const request = Object.assign(pieces, { headers }) as unknown as Request;
  const response = {} as unknown as Response;
  const parser = multer({ ...TEXT_OPTIONS, preservePath: true }).any();
  await new Promise<void>((resolve, reject) => {
    parser(request, response, (error?: unknown) => (error instanceof Error ? reject(error) : resolve()));
  });
  fieldTexts(request.body);
  const files = request.files as Express.Multer.File[];
  return { files: files.map(({ originalname }) => originalname), name: (request.body as { name?: unknown }).name };
}
