import type { Context } from 'koa';
import { siteUrlOf } from '../../http/context.ts';
import { noTransform, renderPage } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { t } from '../../language/text.ts';
import { authenticateHook, type HookAddress, type IncomingWebhook } from './authenticate.ts';
import { dialectOf, refuse } from './responses.ts';

/** A command or URL to copy, with its description. */
type Line = { readonly what: string; readonly line: string };

/** Responds with a page, or text for programs, that explains how to post to a webhook. Posts nothing. */
export async function explain(
  ctx: Context,
  { core, views }: Pick<RouteContext, 'core' | 'views'>,
  address: HookAddress | undefined,
): Promise<void> {
  noTransform(ctx); // the commands contain the token
  ctx.vary('Accept');
  const isPage = ctx.accepts(['text', 'html']) === 'html';
  try {
    const hook = await authenticateHook(core, address);
    const about = describe(`${siteUrlOf(ctx, core.config)}/hooks/${address?.token ?? ''}`, hook);
    if (isPage) return renderPage(ctx, views, 'webhooks/incoming.njk', about.title, about);
    ctx.type = 'text/plain';
    ctx.body = `${[about.title, about.says, '', ...about.lines.map(({ line }) => line)].join('\n')}\n`;
  } catch (error) {
    if (isPage) throw error;
    refuse(ctx, core, dialectOf(ctx, address?.isDiscord ?? false), error);
  }
}

function describe(url: string, { at, token }: IncomingWebhook) {
  const isSigned = token.secrets !== undefined;
  const says = isSigned
    ? t`Requests must be signed with its secret (Standard Webhooks, X-Hub-Signature-256 or X-Gitlab-Token).`
    : t`Anyone who knows this URL can post: keep it secret.`;
  return {
    title: t`A webhook of ${at.user.name} for ${at.group.name}`,
    bot: at.user.name,
    group: at.group.name,
    says,
    lines: linesFor(url),
    others: othersFor(url),
  };
}

const linesFor = (url: string): readonly Line[] => [
  { what: t`A text`, line: `curl -d "Disk 91% full on db1" ${url}` },
  { what: t`Under another name`, line: `curl --json '{"text": "Build 7 *passed*", "username": "ci"}' ${url}` },
  {
    what: t`A card`,
    line: `curl --json '{"attachments": [{"color": "good", "title": "Build 7", "title_link": "https://ci.example.org/7", "text": "It took 3 minutes"}]}' ${url}`,
  },
  { what: t`What a command printed`, line: `df -h | curl --data-binary @- ${url}` },
];

/** The URL in the forms that clients of other chats expect. */
function othersFor(url: string): readonly Line[] {
  const [, site = '', token = ''] = /^(.*)\/hooks\/([^/]*)$/.exec(url) ?? [];
  return [
    { what: t`Slack, Mattermost, GitHub, GitLab, Alertmanager, Grafana, any other`, line: url },
    { what: 'Rocket.Chat', line: `${site}/hooks/parley/${token}` },
    { what: 'Discord', line: `${site}/api/webhooks/1/${token}` },
  ];
}
