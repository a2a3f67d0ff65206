import type { Logger } from '../logger.ts';
import type { Secrets } from '../secrets.ts';

/**
 * Why a message was dropped. `malformed`: it has no signature, or is cut. `forged`: no key of SECRET_KEYS has signed it for this channel. `stale`: it
 * was signed more than MAX_AGE_MS ago, or the clocks of two servers differ by that.
 */
export type Refusal = 'malformed' | 'forged' | 'stale';

type Signer = Pick<Secrets, 'sign' | 'isSigned'>;

/** The label of the derived keys. */
const PURPOSE = 'bus';
/** Long enough for clocks that differ; a repetition within it announces only what the log, which is read by seq, has or had. */
const MAX_AGE_MS = 300_000;
const SIGNED = /^([0-9a-f]{16} (\d{12,15})) ([A-Za-z0-9_-]{43}) /;
const LOG_EVERY_MS = 60_000;

/** `<sender> <ms since the epoch> <MAC> <text>`. The MAC covers the channel, so a message counts on no other one. `sender`: 16 hexadecimal digits. */
export function sign(signer: Signer, channel: string, sender: string, text: string, now: number): string {
  const head = `${sender} ${now}`;
  return `${head} ${signer.sign(PURPOSE, `${channel} ${head} ${text}`)} ${text}`;
}

/** The text of a message that was signed for this channel; otherwise why it is none. `now`: ms since the epoch. */
export function verify(signer: Signer, channel: string, message: string, now: number): { readonly text: string } | Refusal {
  const [start = '', head, at, mac] = SIGNED.exec(message) ?? [];
  if (head === undefined || mac === undefined) return 'malformed';
  const text = message.slice(start.length);
  if (!signer.isSigned(PURPOSE, `${channel} ${head} ${text}`, mac)) return 'forged';
  return Math.abs(now - Number(at)) > MAX_AGE_MS ? 'stale' : { text };
}

/** Counts dropped messages, and logs them at most once a minute: whoever sends them must not fill the log. */
export class RefusedMessages {
  readonly #counts: Record<Refusal, number>;
  readonly #log: Pick<Logger, 'warn'> | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(counts: Record<Refusal, number>, log: Pick<Logger, 'warn'> | undefined) {
    this.#counts = counts;
    this.#log = log;
  }

  note(reason: Refusal): void {
    this.#counts[reason] += 1;
    this.#unlogged += 1;
    if (performance.now() - this.#loggedAt < LOG_EVERY_MS) return;
    this.#log?.warn({ reason, count: this.#unlogged }, 'messages on Redis were dropped: none of our servers signed them with a known key');
    this.#loggedAt = performance.now();
    this.#unlogged = 0;
  }
}
