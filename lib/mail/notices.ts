import type { MailOutbox, SecurityLog } from '../core.ts';
import { currentLanguage, inLanguage } from '../language/current.ts';
import type { Logger } from '../logger.ts';
import { currentRequest, runOutsideRequest } from '../request-scope.ts';
import type { SecurityEvent, SecurityEventName } from '../security/event.ts';
import type { Store } from '../store/port.ts';

/** The security events that are also mailed to the person, who may not have caused them. */
export const NOTICED: ReadonlySet<SecurityEventName> = new Set<SecurityEventName>([
  'login_new_browser',
  'password_changed',
  'password_reset',
  'second_factor_added',
  'second_factor_removed',
  'recovery_code_used',
  'provider_connected',
]);

type Parts = { readonly store: Pick<Store, 'addresses'>; readonly outbox: MailOutbox; readonly logger: Logger; readonly now: () => number };

/** A security log that also puts notices into the queue of mails, in the background, for people who have an address. */
export function withNotices(log: SecurityLog, { store, outbox, logger, now }: Parts): SecurityLog {
  const running = new Set<Promise<void>>();

  async function enqueue({ event, user, detail = '' }: SecurityEvent, at: number, from: string): Promise<void> {
    if (user === undefined || !(await store.addresses.ofUser(user))) return;
    await outbox.enqueue({ kind: 'notice', user, event, at, detail, from });
  }

  return {
    record(happened) {
      log.record(happened);
      if (!outbox.isOn || !NOTICED.has(happened.event)) return;
      const from = currentRequest()?.address ?? '';
      const language = currentLanguage();
      const work = runOutsideRequest(() => inLanguage(language, () => enqueue(happened, now(), from))).catch((error: unknown) =>
        logger.warn({ err: error, event: happened.event }, 'a notice was not put into the queue of mails'),
      );
      running.add(work);
      void work.finally(() => running.delete(work));
    },
    async idle() {
      await log.idle();
      await Promise.all(running);
    },
  };
}
