import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the relay, either end of which can be cut off while the other notices nothing. */
export interface Relayed {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands before a server on 127.0.0.1 and passes everything on, both ways. */
export class TcpRelay {
  readonly connections: Relayed[] = [];

  private constructor(private readonly relay: Server) {}

  static async before(port: number): Promise<TcpRelay> {
    const relay = createServer();
    const started = new TcpRelay(relay);
    relay.on('connection', (client) => {
      const server = connect(port, '127.0.0.1');
      for (const end of [client, server]) end.on('error', () => undefined);
      client.pipe(server);
      server.pipe(client);
      started.connections.push({ client, server });
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.relay.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.connections) [client, server].forEach((end) => end.destroy());
    await new Promise((resolve) => this.relay.close(resolve));
  }
}
