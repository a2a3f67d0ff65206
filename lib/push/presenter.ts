import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { datesIn } from '../text/dates.ts';
import { keysOf } from './keys.ts';
import type { Device } from './port.ts';

const dates = datesIn('UTC');

/** What templates/push/_settings.njk prints. `key`: what a browser is to subscribe with; '' when there is none to be had. */
export async function pushSettings(core: Core, user: UserId, session: string) {
  const [keys, devices] = await Promise.all([keysOf(core), core.store.push.ofUser(user)]);
  const rows = devices.map((device) => ({ ...device, current: device.session === session }));
  return { key: keys?.publicKey ?? '', devices: rows.map(({ sealed: _, session: __, user: ___, ...row }) => row) };
}

/** A device for programs. */
export const deviceJson = ({ id, label, createdAt, lastOkAt, failures }: Device) => ({
  id,
  label,
  created_at: dates.iso(createdAt),
  last_ok_at: lastOkAt === null ? null : dates.iso(lastOkAt),
  failures,
});
