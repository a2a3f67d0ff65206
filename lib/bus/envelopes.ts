import type { Sealer } from '../encryption/sealed.ts';
import type { Logger } from '../logger.ts';
import type { Secrets } from '../secrets.ts';
import { type Refusal, RefusedMessages, sign, verify } from './signing.ts';

export type EnvelopeOptions = {
  /** Signs what is sent; what no key of it has signed is dropped. */
  readonly secrets: Pick<Secrets, 'sign' | 'isSigned'>;
  /** Encrypts what is sent, bound to its channel. */
  readonly sealer?: Pick<Sealer, 'seal' | 'open'> | undefined;
  /** Counts what is dropped. */
  readonly refused: Record<Refusal, number>;
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** 16 hexadecimal digits that identify this process. */
  readonly sender: string;
};

/** What Redis carries and keeps for us: signed, and encrypted where there is a key. `channel`: the name of the place that a text is for; it counts at no other. */
export class Envelopes {
  readonly #options: EnvelopeOptions;
  readonly #refused: RefusedMessages;

  constructor(options: EnvelopeOptions) {
    this.#options = options;
    this.#refused = new RefusedMessages(options.refused, options.logger);
  }

  seal(channel: string, text: string): string {
    const { secrets, sealer, sender } = this.#options;
    return sign(secrets, channel, sender, sealer?.seal(text, channel) ?? text, Date.now());
  }

  /** The text; undefined, and counted, when none of our servers has signed it for this channel, or did so more than five minutes ago. */
  open(channel: string, message: string): string | undefined {
    const { secrets, sealer } = this.#options;
    const found = verify(secrets, channel, message, Date.now());
    if (typeof found !== 'string') return sealer ? sealer.open(found.text, channel) : found.text;
    this.#refused.note(found);
    return undefined;
  }
}
