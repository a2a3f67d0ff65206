import type { Core } from '../../core.ts';
import { secretOf } from '../signing.ts';
import type { Webhook } from './port.ts';

/** `until`: ms from when on it signs nothing any more; absent for the newest. */
type Kept = { readonly secret: string; readonly until?: number };

/** For so long after it was replaced a secret goes on signing beside the new one. */
const OVERLAP_MS = 86_400_000;

/** A new secret in front of those that a webhook had, sealed; the one in use till now has a day left. */
export function withNewSecret(core: Core, webhook: Webhook | undefined): { readonly secret: string; readonly secrets: string } {
  const secret = secretOf(core.random(32));
  const [last] = webhook ? keptIn(core, webhook) : [];
  const before = last ? [{ secret: last.secret, until: core.now() + OVERLAP_MS }] : [];
  return { secret, secrets: core.secrets.seal(JSON.stringify([{ secret }, ...before])) };
}

/** What to sign with now, newest first. Throws when no key opens them: what is sent unsigned would be taken for a forgery. */
export const secretsNow = (core: Core, webhook: Webhook): readonly string[] =>
  keptIn(core, webhook)
    .filter(({ until }) => until === undefined || until > core.now())
    .map(({ secret }) => secret);

function keptIn(core: Core, { secrets }: Webhook): readonly Kept[] {
  const text = core.secrets.open(secrets);
  if (text === undefined) throw new Error('the secrets of a webhook cannot be decrypted: is a key of SECRET_KEYS missing?');
  return JSON.parse(text) as Kept[];
}
