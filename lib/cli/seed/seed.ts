import { DAY_MS, type DemoGroup, groups, people } from '../../../fixtures/demo.ts';
import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { forbidden } from '../../errors.ts';
import { finishFirstAccount, groupAccess } from '../../groups/operations.ts';
import type { Group } from '../../groups/port.ts';
import { randomId } from '../../ids.ts';
import { scrubDue } from '../../log/scrub.ts';
import { edit, erase, keyIn, post, react } from '../../messages/operations.ts';
import type { OpenCore } from '../../open-core.ts';
import { everyUser } from '../../people/every-user.ts';
import { isDoctor } from '../doctor/probe-account.ts';
import { readPassword } from '../input.ts';
import type { Out } from '../out.ts';
import { createDemoAccounts, createDemoGroup, type DemoAccounts, isOfDemo } from './accounts.ts';
import { type Act, readDemoScript } from './demo-script.ts';

type SeedOptions = { readonly force?: true; readonly passwordStdin?: true };

type Clock = { at: number };
type Scene = { readonly group: Group; readonly act: Act };

/** Fills the chat with the demo. Idempotent: what an earlier run created stays unchanged. */
export async function seed(out: Out, open: (now: () => number) => Promise<OpenCore>, options: SeedOptions): Promise<void> {
  const now = Date.now();
  const clock: Clock = { at: now };
  const core = await open(() => clock.at);
  try {
    if (!options.force) await refuseBesideOthers(core);
    const midnight = now - (now % DAY_MS);
    clock.at = midnight - 6 * DAY_MS + DAY_MS / 4;
    const password = options.passwordStdin ? await readPassword('the people of the demo') : `quay-${randomId(core.random, 12)}`;
    const accounts = await createDemoAccounts(core, password);
    await finishFirstAccount(core);
    const created: DemoGroupRecord[] = [];
    for (const demo of groups) created.push({ demo, group: await createDemoGroup(core, accounts, demo) });
    const added = await play(core, accounts, postingsOf(created), (at) => (clock.at = midnight + at));
    clock.at = now;
    if (added > 0) await leaveSomeUnread(core, accounts, created);
    await scrubDue(core);
    printSummary(out, accounts, created, added, password);
  } finally {
    await core.close();
  }
}

async function refuseBesideOthers(core: Core): Promise<void> {
  for await (const user of everyUser(core.store))
    if (!(await isOfDemo(core, user)) && !(await isDoctor(core, user)))
      throw forbidden(`There is already an account, ${user.name}, and the demo is for an empty chat. Use another DATA_DIR, or --force.`);
}

type DemoGroupRecord = { readonly demo: DemoGroup; readonly group: Group };

/** The acts of all groups, ordered by time. */
const postingsOf = (created: readonly DemoGroupRecord[]): Scene[] =>
  created.flatMap(({ demo, group }) => readDemoScript(demo.talk).map((act) => ({ group, act }))).sort((a, b) => a.act.at - b.act.at);

/** Posts the messages that do not exist yet, and applies edits and reactions only to these. Resolves to the number of new messages. */
async function play(core: Core, accounts: DemoAccounts, scenes: readonly Scene[], setClock: (at: number) => void): Promise<number> {
  const fresh = new Map<string, number>();
  for (const { group, act } of scenes) {
    setClock(act.at);
    const seq = await perform(core, accounts.named(act.who), group, act, fresh.get(`${group.id} ${act.line}`));
    if (act.kind === 'post' && seq !== undefined) fresh.set(`${group.id} ${act.line}`, seq);
  }
  return fresh.size;
}

/** Resolves to the seq of a new message. Acts on messages of an earlier run do nothing. */
async function perform(core: Core, user: User, group: Group, act: Act, target: number | undefined): Promise<number | undefined> {
  const at = await groupAccess(core, user, group);
  if (act.kind === 'post') {
    const key = keyIn('client', `demo:${act.line}`);
    if (await core.store.log.byKey(group.id, user.id, key)) return undefined;
    return (await post(core, at, { body: act.text, format: 'markdown', key })).message.seq;
  }
  if (target === undefined) return undefined;
  if (act.kind === 'edit') await edit(core, at, target, act.text);
  else if (act.kind === 'erase') await erase(core, at, target);
  else await react(core, at, target, act.emoji, true);
  return undefined;
}

/** Sets read marks so that the list of groups shows unread counts. */
async function leaveSomeUnread(core: Core, accounts: DemoAccounts, created: readonly DemoGroupRecord[]): Promise<void> {
  for (const [index, { demo, group }] of created.entries()) {
    const { n } = await core.store.log.head(group.id);
    for (const name of demo.members) await core.store.memberships.advanceMark(group.id, accounts.named(name).id, n - index);
  }
}

function printSummary(out: Out, accounts: DemoAccounts, created: readonly DemoGroupRecord[], added: number, password: string): void {
  const names = people.map(({ name }) => name);
  const slugs = created.map(({ group }) => group.slug);
  const isNew = accounts.made > 0;
  const what = added === 0 ? 'The demo exists already; nothing was added.' : `Added ${added} messages in ${slugs.join(', ')}.`;
  const how = isNew ? `the password ${password} (shown this once)` : 'the password that the first run printed';
  out.write(
    { users: names, groups: slugs, messages: added, password: isNew ? password : null },
    `${what}\nLog in as ${names.join(', ')} with ${how}.`,
  );
}
