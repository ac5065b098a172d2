import { z } from 'zod';
import { EVENT_TYPES } from './event.js';

const isWebUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);

/** One receiver, as the operator describes it. */
export const webhookSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'give 1 to 50 small letters, digits, - or _'),
  url: z.string().max(2000).refine(isWebUrl, 'give a URL with http:// or https://'),
  /** What the signature is made with; the receiver has it too. */
  secret: z.string().min(16).max(200),
  /** Default: all. */
  events: z.array(z.enum(EVENT_TYPES)).min(1).optional(),
  /** Ids; default: all. */
  cameras: z.array(z.string()).min(1).optional(),
  timeoutSeconds: z.number().min(1).max(60).default(10),
});

export type WebhookSettings = z.infer<typeof webhookSettings>;

export const webhooksFile = z.strictObject({ webhooks: z.array(webhookSettings).max(50) });
