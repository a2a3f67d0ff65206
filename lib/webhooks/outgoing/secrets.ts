import type { Core } from '../../core.ts';
import { secretOf } from '../signing.ts';
import type { Webhook } from './port.ts';

/** `until`: when it stops signing (ms since the epoch); absent for the newest. */
type Kept = { readonly secret: string; readonly until?: number };

/** How long a replaced secret also signs. */
const OVERLAP_MS = 86_400_000;

/** Adds a new secret, encrypted with the previous one, which signs for another day. */
export function withNewSecret(core: Core, webhook: Webhook | undefined): { readonly secret: string; readonly secrets: string } {
  const secret = secretOf(core.random(32));
  const [last] = webhook ? keptIn(core, webhook) : [];
  const before = last ? [{ secret: last.secret, until: core.now() + OVERLAP_MS }] : [];
  return { secret, secrets: core.secrets.seal(JSON.stringify([{ secret }, ...before])) };
}

/** The current signing secrets, newest first. Throws when no key decrypts them: an unsigned request would be rejected as forged. */
export const secretsNow = (core: Core, webhook: Webhook): readonly string[] =>
  keptIn(core, webhook)
    .filter(({ until }) => until === undefined || until > core.now())
    .map(({ secret }) => secret);

function keptIn(core: Core, { secrets }: Webhook): readonly Kept[] {
  const text = core.secrets.open(secrets);
  if (text === undefined) throw new Error('the secrets of a webhook cannot be decrypted: is a key of SECRET_KEYS missing?');
  return JSON.parse(text) as Kept[];
}
