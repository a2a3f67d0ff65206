import type { UserId } from '../ids.ts';
import type { Language } from '../language/current.ts';
import type { SecurityEventName } from '../security/event.ts';

/**
 * What is to be sent. It is looked up and written when it is sent, so that a request takes as long whether or not there is somebody to send it to.
 * `language`: of the page that has caused it, for readers who have chosen none; the outbox adds it.
 */
export type MailJob = { readonly language?: Language } & (
  | { readonly kind: 'confirm'; readonly user: UserId; readonly address: string }
  | { readonly kind: 'reset'; readonly address: string }
  | { readonly kind: 'invite'; readonly by: UserId; readonly address: string }
  /** `to`: a former address; absent: the present one of the person. */
  | {
      readonly kind: 'notice';
      readonly user: UserId;
      readonly event: SecurityEventName;
      readonly at: number;
      readonly detail: string;
      readonly from: string;
      readonly to?: string;
    }
  /** Only messages after `since` and up to `until` (ms). */
  | { readonly kind: 'digest'; readonly user: UserId; readonly since: number; readonly until: number }
);
