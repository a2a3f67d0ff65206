import type { Core, WebhookCalls } from '../../core.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Draft, Head } from '../../log/entry.ts';
import type { Webhook } from './port.ts';

type Dependencies = Pick<Core, 'store' | 'lookupCache' | 'directory'>;

/** The bots to call, of each draft. */
type Plan = readonly (readonly UserId[])[];

/** Whom the log calls. What it needs to know is remembered as `core.lookupCache` remembers: exactly on SQLite, for a second at most on MongoDB. */
export function openWebhookCalls(parts: Dependencies): WebhookCalls {
  const listeners = new Set<() => void>();
  return {
    async plan(group, drafts, head) {
      const webhooks = await parts.lookupCache.webhooks.inGroup(group);
      return webhooks.length === 0 ? undefined : planWith(parts, group, drafts, head, webhooks);
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
  const { isCalled } = await import('./rules.ts'); // it knows how bodies are read, which most processes need not
  const isDirect = (await parts.lookupCache.groups.byId(group))?.kind === 'direct';
  const plan = drafts.map((draft) =>
    draft.pending ? [] : webhooks.filter((webhook) => isCalled(webhook, draft, { isDirect })).map(({ bot }) => bot),
  );
  return plan.some((called) => called.length > 0) ? withoutLoops(parts, group, drafts, head, plan) : plan;
}

/** Calls nobody where a chain of bots has become too long. Only drafts of bots that would call anybody cost a look at the log. */
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

/** Messages are measured by the messages before them, all else by the lines before: else two bots could go on by editing, or reacting. */
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
  const [saying, doing] = [messages.map(({ author }) => author), lines.map(({ author }) => author)];
  const wasBot = await botsAmong(parts, [...saying, ...doing]);
  return drafts.map(({ author, kind }, index) => {
    const isOver = isBot(author) && isChainOver(kind === 'message' ? saying : doing, (id) => isBot(id) || wasBot(id));
    if (kind === 'message') saying.push(author);
    doing.push(author);
    return isOver ? [] : (plan[index] ?? []);
  });
}
