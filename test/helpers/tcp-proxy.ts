import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy whose connections can be broken. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and accepts none. */
  cut(): void;
  restore(): void;
  /** Sends new connections to another port of this machine; those that are open stay. */
  retarget(port: number): void;
  /** Breaks a connection, without a response, after the client has sent this text. Resolves when it has been sent. */
  loseAnswerTo(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function tcpProxy(firstPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let targetPort = firstPort;
  let lost: { readonly text: string; readonly onSent: () => void } | null = null;
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    let isDeaf = false;
    client.on('data', (chunk) => {
      upstream.write(chunk);
      if (lost === null || !chunk.includes(lost.text)) return;
      lost.onSent();
      [lost, isDeaf] = [null, true];
      // Long enough for the server to process it.
      setTimeout(end, 200);
    });
    upstream.on('data', (chunk) => {
      if (!isDeaf) client.write(chunk);
    });
    for (const socket of pair) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakAll = (): void => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      breakAll();
    },
    restore() {
      isCut = false;
    },
    retarget(other) {
      targetPort = other;
    },
    loseAnswerTo(text) {
      return new Promise((resolve) => (lost = { text, onSent: resolve }));
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      breakAll();
      await closed;
    },
  };
}
