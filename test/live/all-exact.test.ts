import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { addMember, removeMember } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import { Dice } from '../faults/dice.ts';
import { eventually } from '../helpers/eventually.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { noise, numbers } from '../helpers/site.ts';
import { entriesIn, type Groups, type Heard, openGroups, seqsIn } from './all.ts';

const NAMES = numbers(1, 10).map((n) => `Room ${n}`);
const STEPS = 150;

/** Follows `/events` over raw connections that each end after a number of bytes, at any position in an event. */
class Follower {
  readonly heard: Heard[] = [];
  cursor = '0';
  connections = 0;
  #isOver = false;
  readonly #cut: () => number;
  readonly #open: (path: string) => RawReader;

  constructor(open: (path: string) => RawReader, cut: () => number) {
    this.#open = open;
    this.#cut = cut;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const raw = this.#open(`/events?after=${this.cursor}`);
      const bytes = this.#cut();
      let taken = 0;
      this.connections += 1;
      await eventually(() => {
        taken = this.#take(raw.text.slice(0, bytes), taken);
        return raw.received.length >= bytes || raw.isClosed || this.#isOver;
      });
      raw.socket.destroy();
    }
  }

  /** Parses the complete events from this offset; returns the offset of the rest. */
  #take(text: string, from: number): number {
    const body = Math.max(from, text.indexOf('\r\n\r\n') + 4);
    const end = text.lastIndexOf('\n\n') + 2;
    if (body < 4 || end <= body) return from;
    for (const block of text.slice(body, end).split('\n\n')) {
      const id = /^id: (.*)$/m.exec(block)?.[1];
      if (id === undefined) continue;
      this.cursor = id;
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) this.heard.push(...entriesIn([{ id, event: 'message', data }]));
    }
    return end;
  }

  stop(): void {
    this.#isOver = true;
  }
}

/** Asserts that each group's entries were received once and in order, to the head of the log or the end of the membership. */
async function holds(t: ExecutionContext, { core, bobUser, groups, lobby }: Groups, { heard }: Follower): Promise<void> {
  for (const group of [...groups, lobby]) {
    const mine = heard.filter((one) => one.group === group.slug);
    const log = await core.store.log.range(group.id, 1, 999);
    t.deepEqual(
      mine.map(({ seq, kind }) => [seq, kind]),
      log.slice(0, mine.length).map(({ seq, kind }) => [seq, kind]),
      group.slug,
    );
    const last = log.findLast((entry) => (entry.kind === 'join' || entry.kind === 'leave') && entry.member === bobUser.id);
    if (last?.kind === 'leave') t.true(mine.length <= last.seq, `${group.slug}: nothing after the line that put him out`);
    else t.is(mine.length, log.length, `${group.slug}: all of it`);
  }
}

test('multi-group stream: with disconnects and membership changes every entry of each group arrives once and in order', async (t) => {
  t.timeout(120_000);
  const seed = process.env.ALL_SEED ?? randomBytes(4).toString('hex');
  t.log(`seed ${seed}: ALL_SEED=${seed} plays it again`);
  const dice = new Dice(`all ${seed}`);
  const site = await openGroups(t, NAMES, { env: { STREAMS_PER_USER: '0' } });
  const { core, bob, annUser, bobUser, groups, postText } = site;
  const open = (path: string) => new RawReader(t, bob, path).read();
  const follower = new Follower(open, () => dice.int(300, 30_000));
  const running = follower.run();
  await eventually(() => follower.cursor !== '0'); // its cursor is before the first entry of each group
  const deeds: ((group: Group) => Promise<unknown>)[] = [
    (group) => removeMember(core, annUser.id, group, bobUser),
    (group) => addMember(core, annUser.id, group, bobUser),
    (group) => Promise.all(numbers(1, dice.int(1, 9)).map((n) => postText(group, `${n} ${noise(dice.int(10, 900))}`))),
  ];
  for (let step = 0; step < STEPS; step += 1) {
    const at = dice.pick([0, 1, 2, 2, 2, 2]);
    await deeds[at]?.(dice.pick(groups));
    if (dice.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const group of groups) await addMember(core, annUser.id, group, bobUser);
  const [gone] = groups;
  if (!gone) return t.fail();
  await removeMember(core, annUser.id, gone, bobUser);
  await postText(gone, 'without him');
  await eventually(async () => {
    const lasts = await Promise.all(groups.slice(1).map((group) => core.store.log.head(group.id)));
    const seqs = seqsIn(follower.heard);
    return groups.slice(1).every((group, index) => (seqs[group.slug]?.length ?? 0) >= (lasts[index]?.seq ?? 0));
  });
  follower.stop();
  await running;
  t.log(`${follower.connections} connections, ${follower.heard.length} entries`);
  await holds(t, site, follower);
});

test('multi-group stream: one that is far behind in all groups catches up under load without being cut off', async (t) => {
  const { core, bob, groups, postText, all } = await openGroups(t, NAMES.slice(0, 4));
  for (const group of groups) await Promise.all(numbers(1, 30).map(() => postText(group, noise(20_000))));
  const reader = await all(bob, '?after=0');
  for (const group of groups) for (let i = 0; i < 5; i += 1) await postText(group, `meanwhile ${i}`);
  await reader.until((events) => entriesIn(events).length === 2 + groups.length * 37);
  t.deepEqual(seqsIn(entriesIn(reader.events)), {
    lobby: [1, 2],
    ...Object.fromEntries(groups.map(({ slug }) => [slug, numbers(1, 37)])),
  });
  t.is(core.meters.slowReaders, 0);
});

test('multi-group stream: stays open while the store is unavailable and continues after; a new one is refused meanwhile', async (t) => {
  const site = await openGroups(t, NAMES.slice(0, 3), { probeMs: 20, heartbeatMs: 20 });
  const { core, bob, annUser, bobUser, lobby, groups, postText, all } = site;
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  await removeMember(core, annUser.id, kitchen, bobUser);
  const faults = new Faults();
  makeFaulty(core, faults);
  const reader = await all(bob);
  await addMember(core, annUser.id, kitchen, bobUser);
  faults.isAway = true;
  await faults.refusal();
  t.is((await bob.get('/events', 'application/json')).status, 503);
  faults.isAway = false;
  await postText(lobby, 'still here');
  await postText(kitchen, 'and here');
  await reader.until((events) => entriesIn(events).filter(({ kind }) => kind === 'message').length === 2);
  t.deepEqual(
    entriesIn(reader.events)
      .filter(({ group }) => group === kitchen.slug)
      .map(({ kind }) => kind),
    ['join', 'message'],
  );
});

test('multi-group stream: a lost event of a user channel costs at most a heartbeat interval, and no entry', async (t) => {
  const { core, bob, annUser, bobUser, groups, postText, all } = await openGroups(t, NAMES.slice(0, 2), { heartbeatMs: 50 });
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  await removeMember(core, annUser.id, kitchen, bobUser);
  const reader = await all(bob);
  const { publish } = core.bus;
  core.bus.publish = () => {};
  await addMember(core, annUser.id, kitchen, bobUser);
  await postText(kitchen, 'unheard');
  core.bus.publish = publish;
  await reader.until((events) => entriesIn(events).length === 2);
  t.deepEqual(
    entriesIn(reader.events).map(({ kind }) => kind),
    ['join', 'message'],
  );
});
