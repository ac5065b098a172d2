import { type CallOptions, pathOf } from './options.js';
import type { Requester } from './requester.js';
import type { DeliveryStatus, Receiver, Retried } from './types.js';

/** Who outside is told of events: webhooks, MQTT. */
export class Deliveries {
  constructor(private readonly server: Requester) {}

  async list(options?: CallOptions): Promise<readonly Receiver[]> {
    return (await this.server.json<DeliveryStatus>({ path: '/deliveries' }, options)).receivers;
  }

  /** Tries again what was given up. @returns how many events that are @throws RostroApiError `receiver_not_found` */
  async retry(id: string, options?: CallOptions): Promise<number> {
    const request = { method: 'POST', path: pathOf('deliveries', id, 'retry') } as const;
    return (await this.server.json<Retried>(request, options)).retried;
  }
}
