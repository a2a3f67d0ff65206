import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../core.ts';
import { DomainError, tooMany } from '../errors.ts';
import { readAnonymous } from '../http/body.ts';
import { stateOf } from '../http/context.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { CSP_REPORTS } from '../http/security.ts';
import { t } from '../language/text.ts';
import { loggablePath } from '../logger.ts';
import type { Meters } from '../metrics/meters.ts';
import { networkOf } from '../network.ts';
import { decodeUtf8 } from '../text/body.ts';

/** Anybody can send reports, so they are few, small, and neither stored nor believed. docs/limits.md lists these. */
const MAX_BYTES = 8192;
const PER_NETWORK = { perSecond: 1, burst: 10 };
const PER_PROCESS = { perSecond: 20, burst: 100 };
const LINES = { perSecond: 1 / 6, burst: 10 };
/** Of one request. */
const MAX_REPORTS = 10;

type Directive = keyof Meters['cspReports'];

/** What is logged of a violation: words and paths, without queries. */
type Violation = {
  readonly directive: Directive;
  readonly blocked: string;
  readonly page: string;
  readonly source: string;
  readonly line: number;
};

const word = z.string().max(4096).catch('');
const number = z.number().int().min(0).catch(0);
/** The JSON of `report-uri`: https://www.w3.org/TR/CSP3/#deprecated-serialize-violation */
const single = z.object({
  'csp-report': z.object({
    'effective-directive': word,
    'violated-directive': word,
    'blocked-uri': word,
    'document-uri': word,
    'source-file': word,
    'line-number': number,
  }),
});
/** Reports of the Reporting API: https://www.w3.org/TR/CSP3/#reporting */
const batch = z.array(
  z.object({
    type: word,
    body: z
      .object({ effectiveDirective: word, blockedURL: word, documentURL: word, sourceFile: word, lineNumber: number })
      .optional()
      .catch(undefined),
  }),
);

/** Reports of browsers about violations of the Content-Security-Policy: counted, and a few of them logged. */
export function cspReportRoutes({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();
  router.post(CSP_REPORTS, async (ctx) => {
    checkRate(core, ctx.ip);
    // Types that no page of another site can send without asking first.
    if (!ctx.is('application/csp-report', 'application/reports+json'))
      throw malformed('The Content-Type must be application/csp-report or application/reports+json.');
    const own = `${ctx.protocol}://${ctx.host}`;
    for (const violation of violationsIn(await jsonOf(ctx), own)) note(core, violation);
    ctx.status = 204;
  });
  return router;
}

const malformed = (message: string): DomainError => new DomainError('malformed', message);

function checkRate({ rateLimiter }: Core, address: string): void {
  const waitMs =
    rateLimiter.take(`csp:${networkOf(address)}`, PER_NETWORK.perSecond, PER_NETWORK.burst) ||
    rateLimiter.take('csp', PER_PROCESS.perSecond, PER_PROCESS.burst);
  if (waitMs > 0) throw tooMany(t`Too many reports.`, waitMs);
}

async function jsonOf(ctx: Context): Promise<unknown> {
  const { bodyBudget } = stateOf(ctx);
  if (!bodyBudget) throw malformed('Reports are not accepted here.');
  const { bytes, error } = await readAnonymous(ctx.req, ctx.ip, bodyBudget, MAX_BYTES);
  if (error !== undefined) throw error;
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch {
    throw malformed('The body is not valid JSON.');
  }
}

function violationsIn(json: unknown, own: string): readonly Violation[] {
  const one = single.safeParse(json);
  if (one.success) {
    const report = one.data['csp-report'];
    const directive = report['effective-directive'] || report['violated-directive'];
    return [
      violationOf(
        {
          directive,
          blocked: report['blocked-uri'],
          page: report['document-uri'],
          source: report['source-file'],
          line: report['line-number'],
        },
        own,
      ),
    ];
  }
  const many = batch.safeParse(json);
  if (!many.success) throw malformed('The body is no report.');
  return many.data.slice(0, MAX_REPORTS).flatMap(({ type, body }) => {
    if (type !== 'csp-violation' || !body) return [];
    const { effectiveDirective, blockedURL, documentURL, sourceFile, lineNumber } = body;
    return [
      violationOf({ directive: effectiveDirective, blocked: blockedURL, page: documentURL, source: sourceFile, line: lineNumber }, own),
    ];
  });
}

type Given = {
  readonly directive: string;
  readonly blocked: string;
  readonly page: string;
  readonly source: string;
  readonly line: number;
};

const violationOf = ({ directive, blocked, page, source, line }: Given, own: string): Violation => ({
  directive: directiveOf(directive),
  ...{ blocked: placeOf(blocked, own), page: placeOf(page, own), source: placeOf(source, own), line },
});

const DIRECTIVES: ReadonlySet<string> = new Set<Directive>([
  ...([
    'script-src',
    'script-src-elem',
    'script-src-attr',
    'style-src',
    'style-src-elem',
    'style-src-attr',
    'img-src',
    'media-src',
  ] as const),
  ...(['connect-src', 'frame-src', 'form-action', 'frame-ancestors', 'base-uri'] as const),
]);

/** The first word is the directive: `violated-directive` of old browsers has its sources too. */
function directiveOf(text: string): Directive {
  const [name = ''] = text.split(' ', 1);
  return DIRECTIVES.has(name) ? (name as Directive) : 'other';
}

/** A word such as `inline`; the path of an address here, without its query and keys; of another address only the origin. */
function placeOf(text: string, own: string): string {
  if (/^[a-z-]{0,30}$/.test(text)) return text;
  const url = URL.parse(text);
  if (!url) return 'other';
  if (url.origin === own) return loggablePath(url.pathname).slice(0, 200);
  return url.origin === 'null' ? url.protocol.slice(0, 30) : url.origin.slice(0, 200);
}

function note({ meters, rateLimiter, logger }: Core, violation: Violation): void {
  meters.cspReports[violation.directive] += 1;
  if (rateLimiter.take('csp-line', LINES.perSecond, LINES.burst) === 0)
    logger.warn(violation, 'a browser reports a violation of the Content-Security-Policy');
}
