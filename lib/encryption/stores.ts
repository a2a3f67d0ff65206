import type { Group, GroupStore } from '../groups/port.ts';
import type { Scheduled, ScheduledStore } from '../scheduled/port.ts';
import type { SettingStore, SignalStore } from '../store/port.ts';
import type { Delivery, DeliveryStore } from '../webhooks/outgoing/deliveries-port.ts';
import type { Webhook, WebhookStore } from '../webhooks/outgoing/port.ts';
import { mapAttempt, mapLine, mapRecord, openRecord } from './records.ts';
import type { Sealer } from './sealed.ts';
import { mapTexts, opening, sealing } from './texts.ts';

const maybe = <T, R>(value: T | undefined, convert: (value: T) => R): R | undefined => (value === undefined ? undefined : convert(value));

/** Topics are sealed. */
export function encryptedGroups(groups: GroupStore, sealer: Sealer): GroupStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const open = (group: Group): Group => openRecord('groups', group, unseal);
  const change = async (reading: Promise<Group | undefined>) => maybe(await reading, open);
  return {
    ...groups,
    async insert(group) {
      const made = await groups.insert(mapRecord('groups', group, seal));
      return typeof made === 'string' ? made : open(made);
    },
    byId: (id) => change(groups.byId(id)),
    byIds: async (ids) => (await groups.byIds(ids)).map(open),
    bySlug: (slug) => change(groups.bySlug(slug)),
    byNumber: (number) => change(groups.byNumber(number)),
    byCodeMac: (codeMac) => change(groups.byCodeMac(codeMac)),
    list: async (options) => (await groups.list(options)).map(open),
    update: (id, patch, made) =>
      groups.update(id, mapTexts(patch, { topic: 'text' }, `groups/${id}`, seal), made && { ...made, line: mapLine(made.line, id, seal) }),
    async listUnannounced(before, limit) {
      const found = await groups.listUnannounced(before, limit);
      return found.map(({ group, change: { line, at } }) => {
        const opened = mapLine(line, group, unseal);
        return { group, change: { line: opened.kind === 'topic' ? { ...opened, topic: opened.topic ?? '' } : opened, at } };
      });
    },
  };
}

/** URLs and keywords are sealed. */
export function encryptedWebhooks(webhooks: WebhookStore, sealer: Sealer): WebhookStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const open = (webhook: Webhook): Webhook => openRecord('webhooks', webhook, unseal);
  return {
    ...webhooks,
    byBot: async (bot) => maybe(await webhooks.byBot(bot), open),
    put: (webhook) => webhooks.put(mapRecord('webhooks', webhook, seal)),
    inGroup: async (group) => (await webhooks.inGroup(group)).map(open),
  };
}

/** What bots' servers answered is sealed, and why calls failed. */
export function encryptedDeliveries(deliveries: DeliveryStore, sealer: Sealer): DeliveryStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const open = (delivery: Delivery): Delivery => openRecord('deliveries', delivery, unseal);
  return {
    ...deliveries,
    insert: (some) => deliveries.insert(some.map((one) => mapRecord('deliveries', one, seal))),
    byId: async (id) => maybe(await deliveries.byId(id), open),
    due: async (now, limit, except) => (await deliveries.due(now, limit, except)).map(open),
    recordOutcome: (id, rev, { attempt, ...outcome }) => {
      const place = `deliveries/${id}`;
      const sealed = mapTexts(outcome, { reason: 'text' }, place, seal);
      return deliveries.recordOutcome(id, rev, attempt ? { ...sealed, attempt: mapAttempt(attempt, place, seal) } : sealed);
    },
    ofBot: async (bot, options) => (await deliveries.ofBot(bot, options)).map(open),
  };
}

/** Texts are sealed. One that cannot be decrypted has failed. */
export function encryptedScheduled(scheduled: ScheduledStore, sealer: Sealer): ScheduledStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const open = (one: Scheduled): Scheduled => openRecord('scheduled', one, unseal);
  return {
    ...scheduled,
    insert: (one) => scheduled.insert(mapRecord('scheduled', one, seal)),
    byId: async (id) => maybe(await scheduled.byId(id), open),
    ofAuthor: async (author, limit) => (await scheduled.ofAuthor(author, limit)).map(open),
    ready: async (now, limit, after) => (await scheduled.ready(now, limit, after)).map(open),
    update: (id, rev, change) => scheduled.update(id, rev, mapTexts(change, { body: 'text' }, `scheduled/${id}`, seal)),
  };
}

/** Secret settings are sealed. Rejects when one cannot be decrypted: to make another would lose what depends on it. */
export function encryptedSettings(settings: SettingStore, sealer: Sealer): SettingStore {
  const seal = (key: string, value: string): string => mapRecord('settings', { key, value }, sealing(sealer)).value;
  function open(key: string, value: string): string {
    const opened: { readonly value?: string } = mapRecord('settings', { key, value }, opening(sealer));
    if (opened.value === undefined) throw new Error(`The setting ${key} in the database cannot be decrypted with ENCRYPTION_KEYS.`);
    return opened.value;
  }
  return {
    get: async (key) => maybe(await settings.get(key), (value) => open(key, value)),
    putIfAbsent: async (key, value) => open(key, await settings.putIfAbsent(key, seal(key, value))),
    put: (key, value) => settings.put(key, seal(key, value)),
  };
}

/** Events between processes that share a SQLite file are sealed. */
export function encryptedSignals(signals: SignalStore, sealer: Sealer): SignalStore {
  return {
    ...signals,
    emit: (payload) => signals.emit(sealer.seal(payload, 'signals')),
    listen: (listener) =>
      signals.listen((payload) => {
        const opened = sealer.open(payload, 'signals');
        if (opened !== undefined) listener(opened);
      }),
  };
}
