import type { ExecutionContext, TestFn } from 'ava';
import { type GroupId, newGroupId, newUid, newUserId, randomId, systemRandom, type UserId } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import { type Attempt, type Delivery, type DueExcept, MAX_ATTEMPTS, type Outcome } from '../../lib/webhooks/outgoing/deliveries-port.ts';
import type { Webhook } from '../../lib/webhooks/outgoing/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of outgoing webhooks: their records, pending calls in the log, and deliveries. */
export function webhookContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: webhooks: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: webhooks: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries({ ...webhooks, ...pending, ...deliveries }))
    test.serial(`${name}: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;
const aBot = (): UserId => newUserId(systemRandom);
const aGroup = (): GroupId => newGroupId(systemRandom);

const aWebhook = (fields: Partial<Webhook> = {}): Webhook => ({
  bot: aBot(),
  url: 'https://bots.example.org/echo',
  on: 'keyword',
  keywords: ['deploy', '“quoted”'],
  events: ['posted', 'left'],
  secrets: 'sealed',
  disabled: null,
  failingSince: null,
  createdAt: NOW,
  rev: 1,
  ...fields,
});

const enter = (store: Store, group: GroupId, user: UserId, rev = 1, isIn = true): Promise<boolean> =>
  store.memberships.put({
    group,
    user,
    in: isIn,
    role: 'member',
    rev,
    by: user,
    lined: true,
    at: NOW,
    mark: 0,
    level: 'mentions',
    hidden: null,
    ceding: false,
  });

const webhooks: Record<string, Case> = {
  async 'webhooks: what was put is there, until it is removed'(t, store, other) {
    const webhook = aWebhook();
    t.is(await store.webhooks.byBot(webhook.bot), undefined);
    t.true(await store.webhooks.put(webhook));
    t.deepEqual(await other.webhooks.byBot(webhook.bot), webhook);
    const changed = aWebhook({ bot: webhook.bot, on: 'all', keywords: [], url: 'http://x/', disabled: 'why', failingSince: 5, rev: 2 });
    t.true(await other.webhooks.put(changed));
    t.deepEqual(await store.webhooks.byBot(webhook.bot), changed);
    t.deepEqual([await store.webhooks.remove(webhook.bot), await store.webhooks.remove(webhook.bot)], [true, false]);
    t.is(await other.webhooks.byBot(webhook.bot), undefined);
  },

  async 'webhooks: of several who change one at once, one does'(t, store, other) {
    const { bot } = aWebhook();
    const tries = (rev: number) =>
      Promise.all(['a', 'b', 'c', 'd'].map((url, index) => (index % 2 ? store : other).webhooks.put(aWebhook({ bot, url, rev }))));
    for (const rev of [1, 2, 3]) t.is((await tries(rev)).filter(Boolean).length, 1, `rev ${rev}`);
    t.deepEqual((await tries(3)).filter(Boolean), [], 'made of what is stored no more');
    t.deepEqual((await tries(5)).filter(Boolean), [], 'made of what was never stored');
    await store.webhooks.remove(bot);
    t.false(await store.webhooks.put(aWebhook({ bot, rev: 4 })), 'removed meanwhile');
  },

  async 'webhooks: of a group, those of its members that are not disabled'(t, store) {
    const [group, elsewhere] = [aGroup(), aGroup()];
    const [here, there, off, gone] = [aWebhook(), aWebhook(), aWebhook({ disabled: 'why' }), aWebhook()];
    for (const one of [here, there, off, gone]) await store.webhooks.put(one);
    for (const { bot } of [here, off, gone]) await enter(store, group, bot);
    await enter(store, elsewhere, there.bot);
    await enter(store, elsewhere, here.bot);
    await enter(store, group, gone.bot, 2, false);
    await enter(store, group, aBot());
    t.deepEqual(await store.webhooks.inGroup(group), [here]);
    t.deepEqual((await store.webhooks.inGroup(elsewhere)).map(({ bot }) => bot).sort(), [here.bot, there.bot].sort());
    t.deepEqual(await store.webhooks.inGroup(aGroup()), []);
    t.true(await store.webhooks.any());
    for (const { bot } of [here, there, gone]) await store.webhooks.remove(bot);
    t.false(await store.webhooks.any(), 'only a disabled one is left');
    t.deepEqual(await store.webhooks.inGroup(group), []);
    await store.webhooks.remove(off.bot);
  },

  async 'webhooks: more of them than one question may name'(t, store) {
    const group = aGroup();
    const all = Array.from({ length: 230 }, () => aWebhook());
    await Promise.all(all.flatMap((one) => [store.webhooks.put(one), enter(store, group, one.bot)]));
    t.is((await store.webhooks.inGroup(group)).length, 230);
    await Promise.all(all.map(({ bot }) => store.webhooks.remove(bot)));
  },
};

function message(group: GroupId, seq: number, called?: readonly UserId[]): Entry {
  const draft = { kind: 'message', author: aBot(), uid: newUid(systemRandom), body: `${seq}`, format: 'text' } as const;
  return entryAfter(draft, group, { ...EMPTY_HEAD, seq: seq - 1, n: seq - 1 }, NOW, called);
}

const pending: Record<string, Case> = {
  async 'log: an entry that calls bots is pending until it is said that they are'(t, store, other) {
    const [group, bots] = [aGroup(), [aBot(), aBot()]];
    const entries = [message(group, 1), message(group, 2, bots), message(group, 3, bots.slice(0, 1)), message(group, 4, [])];
    t.deepEqual(await store.log.append(group, entries), { written: 4 });
    t.deepEqual(await store.log.range(group, 1, 4), entries);
    t.deepEqual((await other.log.listPending(10)).sort(bySeq), entries.slice(1, 3));
    t.is((await store.log.listPending(1)).length, 1);
    await store.log.clearPending(group, 2);
    await store.log.clearPending(group, 2);
    t.deepEqual(await other.log.listPending(10), entries.slice(2, 3));
    await other.log.clearPending(group, 3);
    await other.log.clearPending(group, 99);
    t.deepEqual(await store.log.listPending(10), []);
    const { pending: _, ...rest } = entries[1] ?? {};
    t.deepEqual(await store.log.range(group, 2, 2), [rest] as Entry[], 'nothing else of it has changed');
    t.is((await store.log.messages(group, 1, 4)).length, 4);
  },
};

const bySeq = (a: Entry, b: Entry): number => a.seq - b.seq;

const aDelivery = (fields: Partial<Delivery> = {}): Delivery => ({
  id: `msg_${randomId(systemRandom)}`,
  bot: aBot(),
  group: aGroup(),
  seq: 7,
  message: 7,
  reply: null,
  event: 'posted',
  state: 'waiting',
  reason: null,
  due: NOW,
  tries: 0,
  attempts: [],
  createdAt: NOW,
  finishedAt: null,
  rev: 1,
  ...fields,
});

const anAttempt = (at: number, answer: string | null = `answer ${at}`): Attempt => ({
  at,
  status: 500,
  ms: 12,
  error: 'The URL responded 500.',
  answer,
});

const again = (at: number, more: Partial<Outcome> = {}): Outcome => ({
  state: 'waiting',
  reason: null,
  due: at,
  tries: 1,
  finishedAt: null,
  reply: null,
  attempt: anAttempt(at),
  ...more,
});
const done = (at: number, more: Partial<Outcome> = {}): Outcome => again(at, { state: 'done', finishedAt: at, ...more });

/** Finishes all waiting deliveries, so that `due` returns only those of the test. */
async function emptied({ deliveries: store }: Store): Promise<void> {
  for (const { id, rev } of await store.due(Number.MAX_SAFE_INTEGER, 1000)) await store.recordOutcome(id, rev, done(1));
  await store.sweep(Number.MAX_SAFE_INTEGER);
}

const deliveries: Record<string, Case> = {
  async 'deliveries: inserted once, however often'(t, store, other) {
    const [first, second] = [aDelivery({ reply: 3, reason: 'none', message: null }), aDelivery()];
    await store.deliveries.insert([first]);
    await Promise.all([store, other].map(({ deliveries: one }) => one.insert([{ ...first, due: 1, seq: 9 }, second])));
    await store.deliveries.insert([]);
    t.deepEqual(await other.deliveries.byId(first.id), first);
    t.deepEqual(await store.deliveries.byId(second.id), second);
    t.is(await store.deliveries.byId('msg_none'), undefined);
  },

  async 'deliveries: due are those that wait, the longest first, but not of bots that are busy'(t, store) {
    await emptied(store);
    const [a, b] = [aBot(), aBot()];
    const made = [3, 1, 2, 9].map((due, index) => aDelivery({ due: NOW + due, bot: index === 1 ? b : a }));
    await store.deliveries.insert([...made, aDelivery({ due: NOW, state: 'done', finishedAt: NOW })]);
    const due = async (now: number, limit = 9, except: DueExcept = {}): Promise<number[]> =>
      (await store.deliveries.due(now, limit, except)).map((one) => one.due - NOW);
    t.deepEqual(await due(NOW), []);
    t.deepEqual(await due(NOW + 3), [1, 2, 3]);
    t.deepEqual(await due(NOW + 3, 2), [1, 2]);
    t.deepEqual(await due(NOW + 3, 1), [1]);
    t.deepEqual(await due(NOW + 9, 9, { bots: [a] }), [1]);
    t.deepEqual(await due(NOW + 9, 9, { bots: [a, b] }), []);
    const [{ group } = {}] = made.slice(2);
    t.deepEqual(await due(NOW + 9, 9, { groups: group ? [group] : [] }), [1, 3, 9]);
    t.deepEqual(await due(NOW + 9, 9, { bots: [b], groups: group ? [group] : [] }), [3, 9]);
    t.is(await store.deliveries.nextDue(NOW), NOW + 1);
    t.is(await store.deliveries.nextDue(NOW + 3), NOW + 9);
    t.is(await store.deliveries.nextDue(NOW + 9), undefined);
  },

  async 'deliveries: of several who claim one at once, one gets it, until its time is up'(t, store, other) {
    await emptied(store);
    const { id } = aDelivery();
    await store.deliveries.insert([aDelivery({ id })]);
    const claims = (rev: number) => Promise.all([store, other, store, other].map((one) => one.deliveries.claim(id, rev, NOW + 60)));
    t.is((await claims(1)).filter(Boolean).length, 1);
    t.is((await claims(1)).filter(Boolean).length, 0);
    t.deepEqual(await store.deliveries.due(NOW + 59, 9), []);
    t.like(await store.deliveries.due(NOW + 60, 9), [{ id, rev: 2, due: NOW + 60 }]);
    t.is((await claims(2)).filter(Boolean).length, 1, 'who had it did not come back');
    t.false(await store.deliveries.recordOutcome(id, 2, done(NOW)), "and now it is another's");
    t.true(await other.deliveries.recordOutcome(id, 3, done(NOW + 70, { reply: 12 })));
    t.like(await store.deliveries.byId(id), { state: 'done', reply: 12, finishedAt: NOW + 70, rev: 4, attempts: [anAttempt(NOW + 70)] });
    t.false(await store.deliveries.claim(id, 4, NOW + 99), 'it is over');
    t.false(await store.deliveries.claim('msg_none', 1, NOW));
  },

  async 'deliveries: attempts add up, to so many at most'(t, store) {
    const { id } = aDelivery();
    await store.deliveries.insert([aDelivery({ id })]);
    for (let rev = 1; rev <= MAX_ATTEMPTS + 3; rev += 1) t.true(await store.deliveries.recordOutcome(id, rev, again(NOW + rev)));
    const { attempts = [], due, tries } = (await store.deliveries.byId(id)) ?? {};
    t.deepEqual(
      attempts,
      Array.from({ length: MAX_ATTEMPTS }, (_, index) => anAttempt(NOW + 4 + index)),
    );
    t.deepEqual([due, tries], [NOW + MAX_ATTEMPTS + 3, 1]);
    const { attempt: _, ...without } = again(NOW);
    t.true(await store.deliveries.recordOutcome(id, MAX_ATTEMPTS + 4, without));
    t.is((await store.deliveries.byId(id))?.attempts.length, MAX_ATTEMPTS);
  },

  async 'deliveries: one that is over can be sent again, one that is not cannot'(t, store, other) {
    const { id } = aDelivery();
    await store.deliveries.insert([aDelivery({ id })]);
    t.false(await store.deliveries.reschedule(id, NOW));
    t.false(await store.deliveries.reschedule('msg_none', NOW));
    t.true(await store.deliveries.recordOutcome(id, 1, done(NOW, { state: 'failed', reason: 'given up', tries: 8, reply: 4 })));
    t.is((await Promise.all([store, other].map((one) => one.deliveries.reschedule(id, NOW + 5)))).filter(Boolean).length, 1);
    const now = await store.deliveries.byId(id);
    t.like(now, { state: 'waiting', reason: null, due: NOW + 5, tries: 0, finishedAt: null, rev: 3, reply: 4 });
    t.is(now?.attempts.length, 1);
  },

  async 'deliveries: of a bot, by pages, the newest first'(t, store) {
    const bot = aBot();
    const made = [1, 2, 2, 3]
      .map((at) => aDelivery({ bot, createdAt: NOW + at }))
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
    await store.deliveries.insert([...made, aDelivery({ createdAt: NOW + 2 })]);
    t.deepEqual(await store.deliveries.ofBot(bot, { limit: 9 }), made);
    t.deepEqual(await store.deliveries.ofBot(bot, { limit: 2 }), made.slice(0, 2));
    for (const [index, before] of made.entries())
      t.deepEqual(await store.deliveries.ofBot(bot, { limit: 9, before }), made.slice(index + 1));
    t.deepEqual(await store.deliveries.ofBot(aBot(), { limit: 9 }), []);
  },

  async 'deliveries: what was answered about a message goes with it, and what a claim brings later stays in place'(t, store, other) {
    const group = aGroup();
    const [about, replied, elsewhere, other2] = [
      aDelivery({ group, message: 5 }),
      aDelivery({ group, message: 4 }),
      aDelivery({ message: 5 }),
      aDelivery({ group, message: 6 }),
    ];
    await store.deliveries.insert([about, replied, elsewhere, other2]);
    for (const { id } of [about, replied, elsewhere, other2]) {
      await store.deliveries.recordOutcome(id, 1, again(NOW + 1));
      await store.deliveries.recordOutcome(id, 2, again(NOW + 2, { reply: id === replied.id ? 5 : null }));
    }
    t.true(await store.deliveries.claim(about.id, 3, NOW + 60));
    await other.deliveries.scrub(group, 5);
    await other.deliveries.scrub(group, 5);
    const answers = async ({ id }: Delivery) => (await store.deliveries.byId(id))?.attempts.map(({ answer }) => answer);
    for (const one of [about, replied]) t.deepEqual(await answers(one), [null, null]);
    for (const one of [elsewhere, other2]) t.deepEqual(await answers(one), [`answer ${NOW + 1}`, `answer ${NOW + 2}`]);
    t.true(
      await store.deliveries.recordOutcome(about.id, 4, done(NOW + 3, { attempt: anAttempt(NOW + 3, null) })),
      'the claim still holds',
    );
    t.deepEqual(
      (await store.deliveries.byId(about.id))?.attempts.map(({ at, status }) => [at, status]),
      [
        [NOW + 1, 500],
        [NOW + 2, 500],
        [NOW + 3, 500],
      ],
    );
  },

  async 'deliveries: those finished long ago are swept, those that wait are not'(t, store) {
    const [old, fresh, waiting] = [aDelivery(), aDelivery(), aDelivery({ createdAt: 5, due: 5 })];
    await store.deliveries.insert([old, fresh, waiting]);
    await store.deliveries.recordOutcome(old.id, 1, done(1000));
    await store.deliveries.recordOutcome(fresh.id, 1, done(1001));
    await store.deliveries.sweep(1001);
    t.deepEqual(await Promise.all([old, fresh, waiting].map(async ({ id }) => (await store.deliveries.byId(id)) !== undefined)), [
      false,
      true,
      true,
    ]);
  },
};
