import { createECDH } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Core } from '../core.ts';

/** The VAPID key pair (RFC 8292) that identifies this server to push services: P-256, base64url. */
export type Keys = { readonly publicKey: string; readonly privateKey: string };

const SETTING = 'push-keys';

/** Created once and stored sealed, because subscriptions are bound to the public key. Undefined if no key of SECRET_KEYS opens it. */
export async function keysOf({ store, secrets }: Pick<Core, 'store' | 'secrets'>): Promise<Keys | undefined> {
  const kept = (await store.settings.get(SETTING)) ?? (await store.settings.putIfAbsent(SETTING, secrets.seal(JSON.stringify(newKeys()))));
  const opened = secrets.open(kept);
  return opened === undefined ? undefined : JSON.parse(opened);
}

function newKeys(): Keys {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys('base64url');
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32); // getPrivateKey omits leading zeros
  return { publicKey, privateKey: privateKey.toString('base64url') };
}

/** The contact for operators of push services: `sub` of RFC 8292, section 2.1. */
export const contactOf = ({ pushContact, publicUrl }: Pick<Config, 'pushContact' | 'publicUrl'>): string =>
  pushContact ?? `mailto:admin@${URL.parse(publicUrl ?? '')?.hostname ?? 'parley.invalid'}`;
