import type { StoredRecord } from '../backup/port.ts';
import { type Change, type Fields, mapTexts } from './texts.ts';

/** Settings whose value is a secret. */
const SECRET_SETTINGS: readonly string[] = ['secret-key', 'setup-code', 'invite-code'];

/** The texts of records besides the log. */
const FIELDS = {
  groups: { topic: 'text' },
  webhooks: { url: 'text', keywords: 'json' },
  deliveries: { reason: 'text' },
  scheduled: { body: 'text' },
  files: { name: 'text', type: 'text', sha256: 'text' },
  contentKeys: { sealed: 'text' },
} as const satisfies Readonly<Record<string, Fields>>;

/** The field by which records of a collection are distinguished. */
const KEYS = { settings: 'key', groups: 'id', webhooks: 'bot', deliveries: 'id', scheduled: 'id', files: 'id', contentKeys: 'id' } as const;

/** The collections that have texts. */
export type TextCollection = keyof typeof KEYS;
export const TEXT_COLLECTIONS = Object.keys(KEYS) as readonly TextCollection[];

export const hasTexts = (name: string): name is TextCollection => name in KEYS;

/** Applies `change` to the texts of a record, as it is stored. Of the record, the key and the fields with texts are needed. */
export function mapRecord<T extends object>(name: TextCollection, record: T, change: Change): T {
  const key = String((record as StoredRecord)[KEYS[name]]);
  const place = `${name}/${key}`;
  if (name === 'settings') return SECRET_SETTINGS.includes(key) ? mapTexts(record, { value: 'text' }, place, change) : record;
  const mapped = mapTexts(record, FIELDS[name], place, change);
  if (name === 'deliveries') return mapAttempts(mapped, place, change);
  return name === 'groups' ? mapChanges(mapped, key, change) : mapped;
}

/** The answers of a bot's server. The time of an attempt distinguishes it: stores keep only the newest. */
export const mapAttempt = <A extends { readonly at: number }>(attempt: A, place: string, change: Change): A =>
  mapTexts(attempt, { answer: 'text', error: 'text' }, `${place}/${attempt.at}`, change);

function mapAttempts<T extends object>(delivery: T, place: string, change: Change): T {
  const { attempts } = delivery as { readonly attempts?: readonly { readonly at: number }[] };
  if (!attempts) return delivery;
  const mapped = attempts.map((attempt) => mapAttempt(attempt, place, change));
  return mapped.every((attempt, index) => attempt === attempts[index]) ? delivery : { ...delivery, attempts: mapped };
}

/** The entry about a change of a group, before the log gives it a seq. */
export const mapLine = <L extends { readonly uid: string }>(line: L, group: string, change: Change): L =>
  mapTexts(line, { topic: 'text' }, `groups/${group}/changes/${line.uid}`, change);

function mapChanges<T extends object>(group: T, id: string, change: Change): T {
  const { changes } = group as { readonly changes?: readonly { readonly line: { readonly uid: string } }[] };
  if (!changes) return group;
  return { ...group, changes: changes.map((one) => ({ ...one, line: mapLine(one.line, id, change) })) };
}

/** What takes the place of a text that cannot be decrypted. */
const SUBSTITUTES: { readonly [C in TextCollection]: Readonly<Record<string, unknown>> } = {
  settings: {},
  groups: { topic: '' },
  webhooks: { url: '', keywords: [], disabled: 'Its URL cannot be decrypted.' },
  deliveries: { reason: null },
  scheduled: { body: '', failure: 'unreadable' },
  files: { name: 'unreadable', type: 'application/octet-stream', sha256: '' },
  contentKeys: {},
};

/** Decrypts a record. */
export function openRecord<T extends object>(name: TextCollection, record: T, change: Change): T {
  const opened = mapRecord(name, record, change);
  const isWhole = opened === record || Object.keys(record).every((field) => field in opened);
  const { attempts } = opened as { readonly attempts?: readonly object[] };
  const unusable = name === 'webhooks' || name === 'scheduled' ? SUBSTITUTES[name] : {};
  const whole = isWhole ? opened : { ...SUBSTITUTES[name], ...opened, ...unusable };
  return attempts ? { ...whole, attempts: attempts.map(openedAttempt) } : whole;
}

export const openedAttempt = <A extends object>(attempt: A): A => ({ answer: null, error: null, ...attempt });
