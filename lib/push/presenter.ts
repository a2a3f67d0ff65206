import type { Core } from '../core.ts';
import { shownLabel } from '../http/user-agent.ts';
import type { UserId } from '../ids.ts';
import { datesIn } from '../text/dates.ts';
import { keysOf } from './keys.ts';
import type { Device } from './port.ts';

const dates = datesIn('UTC');

/** The inputs of templates/push/_settings.njk. `key`: the public key that browsers subscribe with; '' if there is none. */
export async function pushSettings(core: Core, user: UserId, session: string) {
  const [keys, devices] = await Promise.all([keysOf(core), core.store.push.ofUser(user)]);
  const rows = devices.map((device) => ({ ...device, label: shownLabel(device.label), current: device.session === session }));
  return { key: keys?.publicKey ?? '', devices: rows.map(({ sealed: _, session: __, user: ___, ...row }) => row) };
}

/** A device as JSON. */
export const deviceJson = ({ id, label, createdAt, lastOkAt, failures }: Device) => ({
  id,
  label,
  created_at: dates.iso(createdAt),
  last_ok_at: lastOkAt === null ? null : dates.iso(lastOkAt),
  failures,
});
