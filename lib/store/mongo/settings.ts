import type { SettingStore } from '../port.ts';
import type { Collections } from './collections.ts';
import { isDuplicate } from './timeout.ts';

export function settingStore({ settings }: Collections): SettingStore {
  const get = async (key: string) => (await settings.findOne({ _id: { $eq: key } }))?.value;

  async function putIfAbsent(key: string, value: string): Promise<string> {
    try {
      await settings.insertOne({ _id: key, value });
      return value;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return (await get(key)) ?? value;
    }
  }

  return {
    get,
    putIfAbsent,
    put: async (key, value) => {
      await settings.updateOne({ _id: { $eq: key } }, { $set: { value } }, { upsert: true });
    },
  };
}
