import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections } from '../../../src/http/connections.js';

/** A quarter of them is for one address. */
const MOST = 40;
const OF_ONE_ADDRESS = 10;
const PROXY = '10.0.0.1';

let server: EventEmitter & Pick<Server, 'maxConnections' | 'timeout'>;
let connections: Connections;
let port: number;
beforeEach(() => {
  vi.useFakeTimers();
  server = Object.assign(new EventEmitter(), { maxConnections: 0, timeout: 0 });
  const app = express().set('trust proxy', PROXY);
  connections = new Connections(server as unknown as Server, app, { maxConnections: MOST, deadlineMs: 1000 });
  port = 1;
});
afterEach(() => vi.useRealTimers());

class FakeSocket extends EventEmitter {
  readonly remotePort = port++;
  destroyed = false;

  constructor(readonly remoteAddress: string) {
    super();
    server.emit('connection', this);
  }

  destroy(): void {
    this.destroyed = true;
    setImmediate(() => this.emit('close'));
  }
}

/** Begins a request. @returns its response */
function request(socket: FakeSocket, { ip = socket.remoteAddress, key = '' } = {}): EventEmitter {
  const req = { socket, ip };
  const response = Object.assign(new EventEmitter(), { req, locals: key ? { identity: { key: { id: key } } } : {} });
  server.emit('request', req, response);
  return response;
}

const openFrom = (address: string, count: number) => Array.from({ length: count }, () => new FakeSocket(address));
const closedOf = (sockets: readonly FakeSocket[]) =>
  sockets.flatMap(({ destroyed }, index) => (destroyed ? [index] : []));

describe('connections without a key', () => {
  it('of one address have a limit: the oldest is closed', () => {
    const other = new FakeSocket('3.3.3.3');
    const sockets = openFrom('1.1.1.1', OF_ONE_ADDRESS + 3);
    expect(closedOf(sockets)).toEqual([0, 1, 2]);
    expect(other.destroyed).toBe(false);
  });

  it('are closed without a request first, then with one that takes long', () => {
    const sockets = openFrom('1.1.1.1', OF_ONE_ADDRESS);
    for (const socket of sockets.slice(2)) request(socket);
    openFrom('1.1.1.1', 1);
    expect(closedOf(sockets)).toEqual([0]);
    request(sockets[1]);
    openFrom('1.1.1.1', 1);
    expect(closedOf(sockets)).toEqual([0]);
    vi.advanceTimersByTime(2000);
    openFrom('1.1.1.1', 2);
    expect(closedOf(sockets)).toEqual([0, 1]);
  });

  it('of one network of IPv6 count together', () => {
    const sockets = Array.from({ length: OF_ONE_ADDRESS + 1 }, (_, i) => new FakeSocket(`2001:db8::${i + 1}`));
    expect(closedOf(sockets)).toEqual([0]);
  });

  it('count their running requests too, however many a connection has', () => {
    const [first, second] = openFrom('1.1.1.1', 2);
    for (let i = 0; i < OF_ONE_ADDRESS; i++) request(second);
    expect([first.destroyed, second.destroyed]).toEqual([true, false]);
    request(second);
    expect(second.destroyed).toBe(true);
  });

  it('give way to new ones when the server is full, whatever their address', () => {
    const sockets = Array.from({ length: MOST + 2 }, (_, i) => new FakeSocket(`1.1.1.${i}`));
    expect(closedOf(sockets)).toEqual([0, 1]);
  });

  it('are forgotten when they close', () => {
    for (const socket of openFrom('1.1.1.1', OF_ONE_ADDRESS)) socket.emit('close');
    expect(closedOf(openFrom('1.1.1.1', OF_ONE_ADDRESS))).toEqual([]);
  });
});

describe('connections with a key', () => {
  it('have no limit for an address, and give way to none', () => {
    const sockets = openFrom('1.1.1.1', OF_ONE_ADDRESS);
    for (const socket of sockets.slice(0, 5)) request(socket, { key: 'a' }).emit('close');
    for (const socket of sockets.slice(5)) request(socket, { key: 'a' });
    const upgraded = new FakeSocket('1.1.1.1');
    connections.know(upgraded as unknown as Socket, 'a');
    for (let i = 0; i < MOST; i++) openFrom('1.1.1.1', 1);
    expect(closedOf([...sockets, upgraded])).toEqual([]);
  });

  it('keep new ones out when there is no room, unless a key has more than a quarter: its oldest gives way', () => {
    const few = Array.from({ length: MOST / 2 }, (_, i) => new FakeSocket(`1.1.1.${i}`));
    for (const [i, socket] of few.entries()) request(socket, { key: `key ${i}` });
    const many = openFrom('2.2.2.2', OF_ONE_ADDRESS);
    for (const socket of many) request(socket, { key: 'a' });
    const rest = openFrom('3.3.3.3', MOST / 2 - OF_ONE_ADDRESS);
    for (const socket of rest) request(socket, { key: 'b' });
    expect(new FakeSocket('4.4.4.4').destroyed).toBe(true);
    many[3].emit('close');
    request(new FakeSocket('3.3.3.3'), { key: 'b' });
    expect(new FakeSocket('4.4.4.4').destroyed).toBe(false);
    expect(closedOf([...few, ...many])).toEqual([]);
    expect(closedOf(rest)).toEqual([0]);
  });
});

describe('connections of a trusted proxy', () => {
  it('count for the clients whose requests they carry, while these run', () => {
    const sockets = openFrom(PROXY, 2 * OF_ONE_ADDRESS);
    const other = new FakeSocket(PROXY);
    request(other, { ip: '2.2.2.2' });
    for (const socket of sockets.slice(0, OF_ONE_ADDRESS)) request(socket, { ip: '1.1.1.1' }).emit('close');
    expect(closedOf(sockets)).toEqual([]);
    for (const socket of sockets.slice(0, OF_ONE_ADDRESS)) request(socket, { ip: '1.1.1.1' });
    vi.advanceTimersByTime(2000);
    for (const socket of sockets.slice(OF_ONE_ADDRESS).slice(0, 2)) request(socket, { ip: '1.1.1.1' });
    expect(closedOf(sockets)).toEqual([0, 1]);
    expect(other.destroyed).toBe(false);
  });
});

it('tells the address of an upgrade as of a request', () => {
  const headers = { 'x-forwarded-for': '1.1.1.1' };
  const addressOf = (remoteAddress: string) =>
    connections.addressOf({ headers, socket: { remoteAddress } } as unknown as Parameters<Connections['addressOf']>[0]);
  expect([addressOf(PROXY), addressOf('2.2.2.2')]).toEqual(['1.1.1.1', '2.2.2.2']);
});
