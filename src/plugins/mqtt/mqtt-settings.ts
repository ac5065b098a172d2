/** The broker, as the operator describes it. */
export interface MqttSettings {
  /** `mqtt://host:1883` or `mqtts://host:8883`; may hold a user name and a password. */
  readonly url: string;
  /** What every topic of ours begins with, without a slash at its end. */
  readonly prefix: string;
  /** Where Home Assistant looks for what there is; null tells it nothing. */
  readonly discovery: string | null;
}

/** What may be shown of the URL. */
export function shownBroker({ url }: MqttSettings): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
