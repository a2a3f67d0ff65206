import type { Core } from '../core.ts';
import { AUDIT_GROUP } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Entry } from '../log/entry.ts';
import { contiguous } from '../log/history.ts';
import { SERVER, type SecurityVia } from '../security/event.ts';
import { AUDIT_ACTS, type AuditSubject } from './act.ts';
import { detailText, subjectText } from './detail.ts';

/** One act as it was recorded. */
export type AuditEntry = Entry & { readonly kind: 'audit' };

/** Entries per read of an export. */
const WINDOW = 500;

/** A page of the audit log, newest first: those with a seq below `before`. `next`: the `before` of the next page; null at the beginning of the log. */
export async function readAudit(
  { store }: Pick<Core, 'store'>,
  { before = Number.POSITIVE_INFINITY, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: number | null }> {
  const { seq } = await store.log.head(AUDIT_GROUP);
  const to = Math.min(before - 1, seq);
  const from = Math.max(1, to - limit + 1);
  const entries = to < 1 ? [] : (await store.log.range(AUDIT_GROUP, from, to)).filter(isAudit);
  return { entries: entries.toReversed(), next: to >= 1 && from > 1 ? from : null };
}

/** The whole audit log, oldest first, up to its end when it was opened. */
export async function* wholeAudit({ store }: Pick<Core, 'store'>): AsyncGenerator<AuditEntry> {
  const { seq: end } = await store.log.head(AUDIT_GROUP);
  for (let done = 0; done < end; ) {
    const window = contiguous(await store.log.range(AUDIT_GROUP, done + 1, Math.min(done + WINDOW, end)), done);
    yield* window.filter(isAudit);
    if (window.length === 0) return;
    done += window.length;
  }
}

const isAudit = (entry: Entry): entry is AuditEntry => entry.kind === 'audit';

/** A record as JSON: one line of the export. `seq`: 1, 2, 3 … without a gap. Times are RFC 3339 in UTC. */
export const auditJson = ({ seq, at, act, author, by, via, address, subject, detail }: AuditEntry) => ({
  seq,
  at: new Date(at).toISOString(),
  act,
  by: author === SERVER ? null : { id: author, name: by },
  via,
  address,
  subject: subject ?? null,
  detail: detail ?? null,
});

/** A row of templates/audit/index.njk. */
export type AuditRow = {
  readonly seq: number;
  readonly at: number;
  readonly title: string;
  readonly subject: AuditSubject | null;
  readonly detail: string | null;
  readonly by: string;
  readonly from: string;
};

const VIA: Readonly<Record<SecurityVia, () => string>> = {
  browser: () => '',
  token: () => t`a token`,
  cli: () => t`the command line`,
  server: () => t`the server`,
};

export const auditRow = ({ seq, at, act, author, by, via, address, subject, detail }: AuditEntry): AuditRow => ({
  ...{
    seq,
    at,
    title: AUDIT_ACTS[act]?.() ?? act,
    subject: subject ? { ...subject, name: subjectText(subject) } : null,
    detail: detail === undefined ? null : detailText(act, detail),
  },
  by: by ?? (author === SERVER ? VIA[via]() || t`nobody` : author),
  from: [author === SERVER ? [] : VIA[via]() || [], address ?? []].flat().join(', '),
});
