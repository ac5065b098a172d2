import { createHmac } from 'node:crypto';

/**
 * The value of `x-rostro-signature`: `t=` seconds since 1970, `v1=` hexadecimal HMAC-SHA256 of `<t>.<body>` with the
 * secret. Who receives it compares both, and refuses what is older than some minutes.
 * @param body as it is sent, byte for byte
 */
export function signatureOf(body: string, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}
