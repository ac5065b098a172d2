import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** Of an IPv6 address the network that one customer has. */
const IPV6_PREFIX = 64;

/** Who is counted as one sender: the client's address, as the proxies tell it that are trusted. */
export function addressOf({ ip }: Request): string {
  return ip === undefined ? '' : ipKeyGenerator(ip, IPV6_PREFIX);
}
