import type { Device, PushStore } from '../../push/port.ts';
import type { Collections, DeviceRow } from './collections.ts';
import { chunks } from './entries.ts';
import { isDuplicate } from './timeout.ts';

export function pushStore({ devices, memberships }: Collections): PushStore {
  async function put({ id, ...device }: Device): Promise<void> {
    const { session, sealed, label, failures, user } = device;
    const kept = await devices.updateOne({ _id: { $eq: id }, user }, { $set: { session, sealed, label, failures } });
    if (kept.matchedCount === 0) await devices.replaceOne({ _id: { $eq: id } }, device, { upsert: true });
  }

  return {
    // Of two concurrent insertions one is refused and finds the record.
    put: (device) => put(device).catch((error) => (isDuplicate(error) ? put(device) : Promise.reject(error))),
    ofUser: async (user) =>
      (
        await devices
          .find({ user: { $eq: user } })
          .sort({ createdAt: 1, _id: 1 })
          .toArray()
      ).map(toDevice),
    async ofUsers(users) {
      const found = await Promise.all(chunks(users).map((some) => devices.find({ user: { $in: [...some] } }).toArray()));
      return found.flat().map(toDevice);
    },
    any: async () => (await devices.findOne({}, { projection: { _id: 1 } })) !== null,
    async inGroup(group) {
      const members = await memberships.find({ group: { $eq: group }, in: true }, { projection: { user: 1, level: 1 } }).toArray();
      const windows = chunks(members).map((some) =>
        devices.find({ user: { $in: some.map(({ user }) => user) } }, { projection: { user: 1 } }).toArray(),
      );
      const reachable = new Set((await Promise.all(windows)).flat().map(({ user }) => user));
      return members.filter(({ user }) => reachable.has(user)).map(({ user, level }) => ({ user, level: level ?? 'mentions' })); // older records have none
    },
    recordSuccess: async (id, now) => void (await devices.updateOne({ _id: { $eq: id } }, { $set: { lastOkAt: now, failures: 0 } })),
    recordFailure: async (id) => void (await devices.updateOne({ _id: { $eq: id } }, { $inc: { failures: 1 } })),
    async remove(id, user) {
      const filter = user === undefined ? { _id: { $eq: id } } : { _id: { $eq: id }, user: { $eq: user } };
      return (await devices.deleteOne(filter)).deletedCount === 1;
    },
    removeAll: async (of) =>
      void (await devices.deleteMany('session' in of ? { session: { $eq: of.session } } : { user: { $eq: of.user } })),
  };
}

const toDevice = ({ _id, ...device }: DeviceRow): Device => ({ id: _id, ...device });
