import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Core } from '../core.ts';
import { wholeNumber } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { auditJson, auditRow, readAudit, wholeAudit } from './reading.ts';

const PAGE_SIZE = 50;

/** `before`: only acts with a lower number. */
const query = z.object({ before: wholeNumber('Only acts with a lower number.').optional() });

/** For administrators: the audit log as a page, and all of it as JSON lines. */
export function auditRoutes({ core, views }: RouteContext): Router {
  const router = new Router();

  router.get('/admin/audit', async (ctx) => {
    adminOf(ctx);
    const { before } = parseQuery(query, ctx);
    noStore(ctx);
    const { entries, next } = await readAudit(core, { before, limit: PAGE_SIZE });
    renderPage(ctx, views, 'audit/index.njk', t`Audit log`, {
      acts: entries.map(auditRow),
      older: next === null ? null : `/admin/audit?before=${next}`,
      isFirst: before === undefined,
    });
  });

  router.get('/admin/audit.jsonl', async (ctx) => {
    adminOf(ctx);
    if (ctx.method === 'GET') await core.audit.record({ act: 'audit_exported' });
    noStore(ctx);
    ctx.type = 'application/jsonl';
    ctx.attachment(`audit-${new Date(core.now()).toISOString().slice(0, 10)}.jsonl`);
    ctx.body = Readable.from(lines(core));
  });
  return router;
}

async function* lines(core: Core): AsyncGenerator<string> {
  for await (const entry of wholeAudit(core)) yield `${JSON.stringify(auditJson(entry))}\n`;
}
