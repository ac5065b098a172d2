import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';

const PROGRAM = '/usr/sbin/mosquitto';

export const hasMosquitto = spawnSync(PROGRAM, ['-h']).error === undefined;
/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsMosquitto = hasMosquitto ? '' : ' (skipped: Mosquitto is not installed)';

/** A Mosquitto broker on 127.0.0.1 that can be stopped and started; retained messages survive. */
export class Mosquitto {
  private process: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  /** @param access lines of `mosquitto.conf` with who may do what; default: anyone anything. `FOLDER` becomes the folder of `files`. */
  static async create(
    access: readonly string[] = ['allow_anonymous true'],
    files: Readonly<Record<string, string>> = {},
  ): Promise<Mosquitto> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'rostro-mosquitto-'))];
    const lines = [
      `listener ${port} 127.0.0.1`,
      ...access.map((line) => line.replace('FOLDER', folder)),
      'persistence true',
      `persistence_location ${folder}/`,
    ];
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });
    await writeFile(
      join(folder, 'mosquitto.conf'),
      [...lines, 'user root', 'autosave_on_changes true', 'autosave_interval 1', ''].join('\n'),
    );
    return new Mosquitto(port, folder);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.process = spawn(PROGRAM, ['-c', join(this.folder, 'mosquitto.conf')], { stdio: 'ignore' });
    await (await this.listen([])).close();
  }

  /** Like a power failure. */
  async stop(): Promise<void> {
    const { process } = this;
    this.process = null;
    if (process?.kill('SIGKILL')) await once(process, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }

  /** A client that reconnects by itself. */
  async listen(topics: string[], username?: string): Promise<MqttListener> {
    const client = mqtt.connect(this.url, {
      reconnectPeriod: 100,
      clean: false,
      clientId: `test-${Math.random()}`,
      ...(username === undefined ? {} : { username, password: username }),
    });
    await new Promise((resolve) => client.once('connect', resolve));
    const listener = new MqttListener(client);
    if (topics.length > 0) await client.subscribeAsync(topics, { qos: 1 });
    return listener;
  }
}

/** The messages that a subscriber received. */
export class MqttListener {
  readonly heard: { readonly topic: string; readonly payload: string; readonly retain: boolean }[] = [];
  /** The last payload of each topic, without removed ones. */
  readonly now = new Map<string, string>();

  constructor(private readonly client: MqttClient) {
    client.on('error', () => undefined);
    client.on('message', (topic, bytes, { retain }) => {
      const payload = bytes.toString();
      this.heard.push({ topic, payload, retain });
      if (payload === '') this.now.delete(topic);
      else this.now.set(topic, payload);
    });
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
