import type { Core } from '../core.ts';
import type { User } from './port.ts';

/** `<id>-<12 characters>`: an HMAC of the bot's id and key version. It is derived when needed and never stored. */
export function campfireKey(core: Core, user: User): string {
  const mac = core.secrets.mac('campfire', `${user.id}:${user.keyVersion}`);
  return `${user.id}-${mac.replace(/[^A-Za-z0-9]/g, '').slice(0, 12)}`;
}
