import type { Request } from 'autocannon';
import { blackPng } from '../../test/helpers/pictures.js';
import { isRight } from './client.js';
import type { LoadPeople } from './load-people.js';

export type Answer = (status: number, body: string) => boolean;

/** The responses to all clients. */
export class Tally {
  readonly seen = { requests: 0, recognised: 0, malformed: 0, hostile: 0, enrolled: 0, deleted: 0, busy: 0 };
  /** The first few wrong responses. */
  readonly wrong: string[] = [];

  /** @param isGood whether a response other than "busy" is allowed for this request */
  check(what: keyof Tally['seen'], label: string, isGood: Answer): Request['onResponse'] {
    return (status, body, _context, headers) => {
      this.seen.requests += 1;
      if (status === 503 && hasRetryAfter(headers)) this.seen.busy += 1;
      else if (isGood(status, body)) this.seen[what] += Number(what !== 'requests');
      else if (this.wrong.length < 20) this.wrong.push(`${label}: ${status} ${body.slice(0, 300)}`);
    };
  }
}

function hasRetryAfter(headers: Request['headers']): boolean {
  return Object.entries(headers ?? {}).some(
    ([name, value]) => name.toLowerCase() === 'retry-after' && Number(value) > 0,
  );
}

/** A hundred requests that each client repeats; five are malformed, two hostile. */
const LENGTH = 100;
const GUEST_VISITS = 4;
const LISTS = 12;
const STATUSES = 12;

/** The requests of all clients; shared ones are built once. */
export class LoadRequests {
  readonly #common: Request[];

  constructor(
    private readonly people: LoadPeople,
    private readonly tally: Tally,
  ) {
    const malformed = this.#malformed();
    const hostile = this.#hostile();
    const looks = LENGTH - malformed.length - hostile.length - LISTS - STATUSES - 2 * GUEST_VISITS;
    const recognise = Array.from({ length: looks }, (_, i) => this.#recognise(people.photos[i % people.photos.length]));
    const status = this.#get('/status', ({ people: number }) => Number(number) >= people.enrolled.size);
    const names = [...people.enrolled.keys()];
    const list = this.#get('/people?size=100', (reply) => {
      const listed = (reply.people as { name: string }[]).map(({ name }) => name);
      return names.every((name) => listed.includes(name));
    });
    this.#common = spread([
      recognise,
      malformed,
      hostile,
      Array<Request>(LISTS).fill(list),
      Array<Request>(STATUSES).fill(status),
    ]);
  }

  /** @param client starts at a different position of the list, with its own guest */
  of(client: number): Request[] {
    const start = (client * 7) % this.#common.length;
    const turned = [...this.#common.slice(start), ...this.#common.slice(0, start)];
    const [enrol, remove] = this.#guest(guestName(client));
    return spread([turned, Array.from({ length: 2 * GUEST_VISITS }, (_, i) => (i % 2 === 0 ? enrol : remove))]);
  }

  #recognise({ bytes, expected }: LoadPeople['photos'][number]): Request {
    const isGood: Answer = (status, body) => status === 200 && isRight(body, expected);
    return post('/recognize', bytes, this.tally.check('recognised', `recognise ${expected ?? 'a stranger'}`, isGood));
  }

  #get(path: string, isGood: (reply: Record<string, unknown>) => boolean): Request {
    const answer: Answer = (status, body) => status === 200 && isGood(JSON.parse(body) as Record<string, unknown>);
    return { method: 'GET', path, onResponse: this.tally.check('requests', path, answer) };
  }

  #guest(name: string): [Request, Request] {
    let isThere = false;
    const enrolled = this.tally.check('enrolled', 'enrol a guest', (status) => {
      isThere ||= status === 201;
      return status === 201;
    });
    const deleted = this.tally.check('deleted', 'delete a guest', (status) => {
      const isGood = status === (isThere ? 200 : 404);
      isThere = false;
      return isGood;
    });
    const path = `/upload?name=${encodeURIComponent(name)}`;
    return [
      post(path, this.people.guest, enrolled),
      { method: 'DELETE', path: `/people/${encodeURIComponent(name)}`, onResponse: deleted },
    ];
  }

  #malformed(): Request[] {
    const { guest } = this.people;
    const spoilt: [path: string, body: Buffer, type: string, status: number][] = [
      ['/recognize', Buffer.from('<html>not an image</html>'), 'image/jpeg', 415],
      ['/recognize', guest.subarray(0, Math.round(guest.length * 0.6)), 'image/jpeg', 422],
      ['/recognize', Buffer.from('{"image": '), 'application/json', 400],
      ['/upload', Buffer.from('--b--\r\n'), 'multipart/form-data; boundary=b', 400],
      [`/upload?name=${encodeURIComponent('../../etc/passwd')}`, guest, 'image/jpeg', 422],
    ];
    return spoilt.map(([path, body, type, wanted]) => {
      const answer = this.tally.check('malformed', `malformed ${type} to ${path}`, (status) => status === wanted);
      return post(path, body, answer, type);
    });
  }

  /** A few bytes that once took a worker for ever, or half a minute. */
  #hostile(): Request[] {
    const bodies: [body: Buffer, status: number][] = [
      [SVG_BOMB, 415],
      [blackPng(1, 49_999_999), 413],
    ];
    return bodies.map(([body, wanted]) => {
      return post(
        '/detect',
        body,
        this.tally.check('hostile', 'hostile photo', (status) => status === wanted),
      );
    });
  }
}

/** For a sniffer whose pattern takes exponential time. */
export const SVG_BOMB = Buffer.from('<!---->'.repeat(146) + 'x');

const GUEST = 'zz guest ';

/** Last in a list by name. */
function guestName(client: number): string {
  return `${GUEST}${client}`;
}

export function isGuest(name: string): boolean {
  return name.startsWith(GUEST);
}

function post(path: string, body: Buffer, onResponse: Request['onResponse'], type = 'image/jpeg'): Request {
  return { method: 'POST', path, headers: { 'content-type': type }, body, onResponse };
}

/** Merges several lists into one, each evenly spread and in its order. */
function spread<T>(lists: readonly (readonly T[])[]): T[] {
  return lists
    .flatMap((list) => list.map((item, i) => ({ item, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
