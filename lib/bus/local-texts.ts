import type { GroupId } from '../ids.ts';
import type { SharedText, SharedTexts, TextName } from './port.ts';

/** `until`: ms since the epoch. */
type Kept = { readonly text: SharedText; readonly until: number };

/** The texts within this process. */
export function openLocalTexts(now: () => number): SharedTexts {
  const groups = new Map<GroupId, Map<string, Kept>>();
  const keyOf = ({ owner, name }: Omit<TextName, 'group'>): string => `${owner}:${name}`;
  /** The group's texts, after removing the expired ones. */
  const current = (group: GroupId): Map<string, Kept> => {
    const texts = groups.get(group) ?? new Map<string, Kept>();
    for (const [key, { until }] of texts) if (until <= now()) texts.delete(key);
    if (texts.size === 0) groups.delete(group);
    return texts;
  };
  const keep = (group: GroupId, text: SharedText, leaseMs: number): void => {
    const texts = groups.get(group) ?? new Map<string, Kept>();
    groups.set(group, texts.set(keyOf(text), { text, until: now() + leaseMs }));
  };

  return {
    add: async ({ group, ...name }, text, { leaseMs, most, mostOfOwner }) => {
      const texts = [...current(group).values()];
      if (texts.filter((one) => one.text.owner === name.owner).length >= mostOfOwner) return 'owner';
      if (texts.length >= most) return 'group';
      keep(group, { ...name, version: 1, text }, leaseMs);
      return 'added';
    },
    replace: async ({ group, ...name }, text, { version, leaseMs }) => {
      if (current(group).get(keyOf(name))?.text.version !== version) return false;
      keep(group, { ...name, version: version + 1, text }, leaseMs);
      return true;
    },
    get: async ({ group, ...name }) => current(group).get(keyOf(name))?.text,
    list: async (group) => [...current(group).values()].map(({ text }) => text),
    remove: async ({ group, ...name }) => {
      const isRemoved = current(group).delete(keyOf(name));
      current(group);
      return isRemoved;
    },
  };
}
