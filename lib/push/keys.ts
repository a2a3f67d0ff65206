import { createECDH } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Core } from '../core.ts';

/** What this server shows push services who it is by (VAPID, RFC 8292): a P-256 key pair in base64url. */
export type Keys = { readonly publicKey: string; readonly privateKey: string };

const SETTING = 'push-keys';

/** Made once and kept sealed: browsers are bound to the public one. Undefined when no key of SECRET_KEYS opens what is kept. */
export async function keysOf({ store, secrets }: Pick<Core, 'store' | 'secrets'>): Promise<Keys | undefined> {
  const kept = (await store.settings.get(SETTING)) ?? (await store.settings.putIfAbsent(SETTING, secrets.seal(JSON.stringify(newKeys()))));
  const opened = secrets.open(kept);
  return opened === undefined ? undefined : JSON.parse(opened);
}

function newKeys(): Keys {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys('base64url');
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32); // without its leading zeros it is too short
  return { publicKey, privateKey: privateKey.toString('base64url') };
}

/** Whom a push service may write to when something is wrong with what comes from here: the `sub` of RFC 8292, section 2.1. */
export const contactOf = ({ pushContact, publicUrl }: Pick<Config, 'pushContact' | 'publicUrl'>): string =>
  pushContact ?? `mailto:admin@${URL.parse(publicUrl ?? '')?.hostname ?? 'parley.invalid'}`;
