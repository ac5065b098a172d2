import fc from 'fast-check';
import * as schemas from '../../../src/http/schemas.js';
import type { Subject } from './fuzz.js';
import { mutated } from './mutate.js';
import { pictureInputs } from './pictures.js';

export interface Body {
  readonly path: '/recognize' | '/upload' | '/detect' | '/verify';
  readonly type: string;
  readonly bytes: Uint8Array;
}

const path = fc.constantFrom<Body['path'][]>('/recognize', '/recognize', '/detect', '/detect', '/upload', '/verify');

/** Bodies of the three kinds, made of small pictures. @param url of the server that they are sent to */
export function requestSubjects(url: string, corpus: readonly Buffer[]): Subject<Body>[] {
  const subject = (name: string, type: fc.Arbitrary<string>, bytes: fc.Arbitrary<Uint8Array>): Subject<Body> => ({
    name,
    inputs: fc.record({ path, type, bytes }),
    take: (body) => send(url, body),
  });
  return [
    subject('multipart over HTTP', multipartType, multipartBodies(corpus)),
    subject('JSON over HTTP', jsonType, jsonBodies(corpus)),
    subject(
      'images over HTTP',
      fc.constantFrom('image/jpeg', 'application/octet-stream', 'image/x'),
      pictureInputs(corpus),
    ),
  ];
}

const printable = fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '').trim());
const multipartType = fc.oneof(
  { weight: 8, arbitrary: fc.constant('multipart/form-data; boundary=b') },
  { weight: 1, arbitrary: printable.map((boundary) => `multipart/form-data; boundary=${boundary}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'multipart/form-data',
      'multipart/mixed; boundary=b',
      'multipart/form-data; boundary="b',
    ),
  },
);
const jsonType = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  { weight: 1, arbitrary: printable.map((charset) => `application/json; charset=${charset}`) },
);

function multipartBodies(corpus: readonly Buffer[]): fc.Arbitrary<Uint8Array> {
  const part = (head: string, content: Uint8Array) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ];
  const end = Buffer.from('--b--\r\n');
  const whole = corpus.flatMap((picture) => {
    const file = part('name="file"; filename="Ada.jpg"', picture);
    return [
      Buffer.concat([...file, end]),
      Buffer.concat([...part('name="name"', Buffer.from('Ada')), ...file, ...file, end]),
      Buffer.concat([
        ...part('name="threshold"', Buffer.from('0.6')),
        ...part('name="file"; filename*=UTF-8\'\'%41.jpg', picture),
        end,
      ]),
    ];
  });
  const words = [
    '--b',
    '--b--',
    '\r\n',
    '\r\n\r\n',
    'Content-Disposition: form-data; ',
    'name=',
    'filename=',
    '"',
    '[0]',
    '__proto__',
    '../',
    '\0',
  ];
  return mutated(whole, [...words, 'Content-Type: ', 'Content-Transfer-Encoding: base64\r\n', "filename*=UTF-8''%ff"]);
}

function jsonBodies(corpus: readonly Buffer[]): fc.Arbitrary<Uint8Array> {
  const whole = corpus.flatMap((picture) => {
    const image = picture.toString('base64');
    return [{ image }, { image: `data:image/jpeg;base64,${image}`, name: 'Ada', threshold: 0.5, session: 'door' }];
  });
  const texts = whole.map((body) => Buffer.from(JSON.stringify(body)));
  const words = [
    '{"',
    '":',
    '[',
    ']',
    '}',
    ',',
    'null',
    '1e999',
    '-0',
    '"image"',
    '"__proto__":',
    '\\u0000',
    '\\ud800',
    '"name":[]',
  ];
  const values = fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text));
  const fields = fc
    .record(
      {
        image: fc.jsonValue(),
        name: fc.jsonValue(),
        threshold: fc.jsonValue(),
        face: fc.jsonValue(),
        session: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((body) => Buffer.from(JSON.stringify(body)));
  return fc.oneof(
    { weight: 4, arbitrary: mutated(texts, words) },
    { weight: 1, arbitrary: values },
    { weight: 1, arbitrary: fields },
  );
}

/** @throws Error where the reply is no answer that is promised */
async function send(url: string, { path, type, bytes }: Body): Promise<boolean> {
  const body = new Uint8Array(bytes);
  const reply = await fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body });
  const json: unknown = await reply.json();
  if (reply.status < 300) return true;
  const { error } = schemas.failure.parse(json);
  const mayWait = reply.status === 503 && Number(reply.headers.get('retry-after')) > 0;
  if (reply.status >= 500 && !mayWait) throw new Error(`${path} answers ${reply.status} ${error.code}`);
  return false;
}
