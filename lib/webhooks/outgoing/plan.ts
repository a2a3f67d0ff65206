import type { Core, WebhookCalls } from '../../core.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Draft, Head } from '../../log/entry.ts';
import type { Webhook } from './port.ts';

type Dependencies = Pick<Core, 'store' | 'lookupCache' | 'directory'>;

/** The bots to call for each draft. */
type Plan = readonly (readonly UserId[])[];

/** Decides which webhooks an entry triggers, and which URLs of actions. Lookups are cached by `core.lookupCache`: always current on SQLite, at most 1 s old on MongoDB. */
export function openWebhookCalls(parts: Dependencies): WebhookCalls {
  const listeners = new Set<() => void>();
  return {
    async plan(group, drafts, head) {
      const webhooks = await parts.lookupCache.webhooks.inGroup(group);
      const isNeeded = webhooks.length > 0 || drafts.some((draft) => draft.kind === 'act' && draft.integrated);
      return isNeeded ? planWith(parts, group, drafts, head, webhooks) : undefined;
    },
    notify() {
      for (const listener of listeners) listener();
    },
    onNotify(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function planWith(
  parts: Dependencies,
  group: GroupId,
  drafts: readonly Draft[],
  head: Head,
  webhooks: readonly Webhook[],
): Promise<Plan> {
  const { calledBy } = await import('./rules.ts'); // loaded on demand: it parses bodies
  const isDirect = (await parts.lookupCache.groups.byId(group))?.kind === 'direct';
  const plan = drafts.map((draft) => (draft.pending ? [] : calledBy(webhooks, draft, { isDirect })));
  return plan.some((called) => called.length > 0) ? withoutLoops(parts, group, drafts, head, plan) : plan;
}

/** Removes the calls of a chain of bots that is too long. Reads the log only for drafts by bots that would trigger a call. */
async function withoutLoops(parts: Dependencies, group: GroupId, drafts: readonly Draft[], head: Head, plan: Plan): Promise<Plan> {
  const isBot = await botsAmong(
    parts,
    drafts.map(({ author }) => author),
  );
  if (!drafts.some(({ author }, index) => isBot(author) && plan[index]?.length)) return plan;
  return cutChains(parts, group, drafts, head, plan, isBot);
}

type IsBot = (id: UserId) => boolean;

async function botsAmong({ directory }: Dependencies, ids: readonly UserId[]): Promise<IsBot> {
  const profiles = await directory.profiles(new Set(ids));
  return (id) => profiles.get(id)?.bot ?? false;
}

/** Chains of messages are counted in messages, all others in entries; otherwise two bots could loop by editing or reacting. */
async function cutChains(
  parts: Dependencies,
  group: GroupId,
  drafts: readonly Draft[],
  head: Head,
  plan: Plan,
  isBot: IsBot,
): Promise<Plan> {
  const { isChainOver, MAX_IN_CHAIN } = await import('./rules.ts');
  const { log } = parts.store;
  const [messages, lines] = await Promise.all([
    head.n > 0 ? log.messages(group, Math.max(1, head.n - MAX_IN_CHAIN + 1), head.n) : [],
    head.seq > 0 ? log.range(group, Math.max(1, head.seq - MAX_IN_CHAIN + 1), head.seq) : [],
  ]);
  const [messageAuthors, entryAuthors] = [messages.map(({ author }) => author), lines.map(({ author }) => author)];
  const wasBot = await botsAmong(parts, [...messageAuthors, ...entryAuthors]);
  return drafts.map(({ author, kind }, index) => {
    const isOver = isBot(author) && isChainOver(kind === 'message' ? messageAuthors : entryAuthors, (id) => isBot(id) || wasBot(id));
    if (kind === 'message') messageAuthors.push(author);
    entryAuthors.push(author);
    return isOver ? [] : (plan[index] ?? []);
  });
}
