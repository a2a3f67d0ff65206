import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Core } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Views } from '../views/render.ts';
import type { MailJob } from './job.ts';
import { type MailContent, messageOf, senderOf } from './mail-content.ts';
import { jobIn } from './outbox.ts';
import type { WaitingMail } from './port.ts';
import { isPermanent, openTransport, reasonOf, type Transport } from './transport.ts';

/** Writes the mails of a job when it is sent: none when nobody is to get one any more. */
export type Composer<K extends MailJob['kind']> = (core: Core, job: Extract<MailJob, { kind: K }>) => Promise<readonly MailContent[]>;
export type Composers = { readonly [K in MailJob['kind']]: Composer<K> };

const [MINUTE, HOUR] = [60_000, 3_600_000];
/** The delay before each retry; after one more failure the mail is given up. */
export const RETRY_AFTER_MS: readonly number[] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 12 * HOUR];
/** Who asks for a new password does not wait for it. */
const USELESS_AFTER_MS: Partial<Record<MailJob['kind'], number>> = { reset: HOUR, confirm: 6 * HOUR };
/** A claim expires after this time; then another process sends the mail. */
const LEASE_MS = 2 * MINUTE;
const AT_ONCE = 2;
const PER_ROUND = 20;
const FINISH_WITHIN_MS = 3000;

/** Sends the mails that wait in the store, oldest first. A mail that was taken by the server just before a crash may be sent twice. */
export class Mailer {
  readonly #core: Core;
  readonly #views: Pick<Views, 'render'>;
  readonly #composers: Composers;
  readonly #unlisten: () => void;
  #transport: Promise<Transport> | undefined;
  #sending: Promise<void> | undefined;
  #isWoken = false;
  #isClosing = false;

  constructor(core: Core, views: Pick<Views, 'render'>, composers: Composers) {
    this.#core = core;
    this.#views = views;
    this.#composers = composers;
    this.#unlisten = core.mailOutbox.onEnqueued(() => this.wake());
  }

  /** Schedules a look at what is due. */
  wake(): void {
    if (!this.#core.mailOutbox.isOn || this.#isClosing) return;
    this.#isWoken = true;
    this.#sending ??= this.#pump();
  }

  /** Resolves when nothing is due and nothing is being sent. */
  async idle(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  /** Waits up to 3 s for what is being sent; another process repeats the rest. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    this.#unlisten();
    const grace = new AbortController();
    await Promise.race([this.idle(), delay(FINISH_WITHIN_MS, undefined, { signal: grace.signal, ref: false }).catch(() => {})]);
    grace.abort();
    (await this.#transport?.catch(() => undefined))?.close();
    await this.idle();
  }

  async #pump(): Promise<void> {
    const limit = pLimit(AT_ONCE);
    try {
      while (this.#isWoken && !this.#isClosing) {
        this.#isWoken = false;
        const due = await this.#core.store.mails.due(this.#core.now(), PER_ROUND);
        await Promise.all(due.map((mail) => limit(() => this.#carryOut(mail))));
        if (due.length === PER_ROUND) this.#isWoken = true;
      }
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'reading waiting mails failed; the next sweep retries');
    } finally {
      this.#sending = undefined;
      if (this.#isWoken) this.wake();
    }
  }

  async #carryOut(mail: WaitingMail): Promise<void> {
    const { store, now, logger, meters } = this.#core;
    if (this.#isClosing || !(await store.mails.move(mail.id, mail.rev, { due: now() + LEASE_MS, tries: mail.tries }))) return;
    const rev = mail.rev + 1;
    try {
      const count = await this.#send(mail);
      await store.mails.remove(mail.id, rev);
      meters.mails[count > 0 ? 'sent' : 'dropped'] += 1;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error; // sent again when the claim ends
      const waitMs = isPermanent(error) ? undefined : RETRY_AFTER_MS[mail.tries];
      meters.mails.failed += 1;
      logger.warn(
        { mail: mail.id, reason: reasonOf(error), tries: mail.tries + 1 },
        waitMs === undefined ? 'mail given up' : 'mail not sent yet',
      );
      if (waitMs === undefined) await store.mails.remove(mail.id, rev);
      else await store.mails.move(mail.id, rev, { due: now() + waitMs, tries: mail.tries + 1 });
    }
  }

  /** Resolves to the number of mails. */
  async #send({ sealed, createdAt }: WaitingMail): Promise<number> {
    const job = jobIn(this.#core, sealed);
    if (!job || this.#core.now() > createdAt + (USELESS_AFTER_MS[job.kind] ?? Number.POSITIVE_INFINITY)) return 0;
    const compose = this.#composers[job.kind] as Composer<MailJob['kind']>;
    const contents = await compose(this.#core, job);
    const { smtpUrl = '', mailFrom } = this.#core.config;
    const from = senderOf(mailFrom, this.#core.site.identity.name);
    this.#transport ??= openTransport(smtpUrl);
    const transport = await this.#transport;
    for (const content of contents) await transport.send(messageOf(content, { from, views: this.#views }));
    return contents.length;
  }
}
