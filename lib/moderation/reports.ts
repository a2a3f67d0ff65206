import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import type { Core } from '../core.ts';
import { conflict, forbidden, invalid, notFound } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { type GroupId, newUid, REPORTS_GROUP, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Entry } from '../log/entry.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { cleanText, isBlank } from '../text/body.ts';
import { eraseAsAdmin } from './erase.ts';

const MAX_REASON = 500;
/** Entries that are read for the list of reports, newest first. */
const MAX_READ = 5000;
const WINDOW = 500;

/** `id`: its seq in the log of reports. `closed`: who decided and how; undefined: open. */
export type Report = {
  readonly id: number;
  readonly at: number;
  readonly by: UserId;
  readonly of: GroupId;
  readonly seq: number;
  readonly reason: string;
  readonly closed: { readonly by: UserId; readonly at: number; readonly outcome: 'erased' | 'kept' } | undefined;
};

/**
 * Reports a message to the administrators, who may then read it, also one of direct messages. A member reports a message once.
 * Errors: `invalid` (reason), `forbidden` (erased, or one's own), `notFound`, `tooMany`.
 */
export async function reportMessage(core: Core, { user, group }: GroupAccess, seq: number, text: string): Promise<void> {
  const reason = parseReason(text);
  const folded = await readMessage(core, group.id, seq);
  if (isErased(folded)) throw forbidden(t`This message is erased.`);
  if (folded.message.author === user.id) throw forbidden(t`This is your own message: you can erase it.`);
  await checkAccountRate(core, user, 'reports');
  const draft = { kind: 'report', of: group.id, seqOf: seq, reason, author: user.id, uid: newUid(core.random) } as const;
  await core.appender.append(REPORTS_GROUP, { ...draft, key: `s:report:${group.id}:${seq}` });
}

function parseReason(text: string): string {
  const reason = cleanText(text);
  if (isBlank(reason)) throw invalid('reason', t`Say what is wrong with the message.`);
  if ([...reason].length > MAX_REASON) throw invalid('reason', t`The reason is too long: ${MAX_REASON} characters at most.`);
  return reason;
}

/** The reports among the last entries of their log, newest first. */
export async function listReports({ store }: Core): Promise<Report[]> {
  const { seq: end } = await store.log.head(REPORTS_GROUP);
  const entries: Entry[] = [];
  for (let from = Math.max(1, end - MAX_READ + 1); from <= end; from += WINDOW)
    entries.push(...(await store.log.range(REPORTS_GROUP, from, Math.min(end, from + WINDOW - 1))));
  const closings = new Map(entries.flatMap((entry) => (entry.kind === 'closeReport' ? [[entry.closes, entry] as const] : [])));
  return entries
    .flatMap((entry) => {
      if (entry.kind !== 'report') return [];
      const closing = closings.get(entry.seq);
      const closed = closing && { by: closing.author, at: closing.at, outcome: closing.outcome };
      return [{ id: entry.seq, at: entry.at, by: entry.author, of: entry.of, seq: entry.seqOf, reason: entry.reason, closed }];
    })
    .toReversed();
}

/** The group and the message of a report; undefined when the group is gone. */
export async function reportedMessage(core: Core, { of, seq }: Report): Promise<{ group: Group; folded: FoldedMessage } | undefined> {
  const group = await core.store.groups.byId(of);
  const message = group && (await core.store.log.message(of, seq));
  return group && message ? { group, folded: await readMessage(core, of, seq) } : undefined;
}

/** Decides about a report, and about all others of the same message. Errors: `notFound`, `conflict` when it is closed. */
export async function closeReport(core: Core, by: User, id: number, outcome: 'erased' | 'kept'): Promise<void> {
  const all = await listReports(core);
  const report = all.find((one) => one.id === id);
  if (!report) throw notFound(t`There is no such report.`);
  if (report.closed) throw conflict(t`Somebody has closed this report already.`);
  const found = await reportedMessage(core, report);
  if (outcome === 'erased' && found) await eraseAsAdmin(core, by, found.group, report.seq);
  for (const { id: closes } of all.filter((one) => one.of === report.of && one.seq === report.seq && !one.closed))
    await core.appender.append(REPORTS_GROUP, {
      ...{ kind: 'closeReport', closes, outcome, author: by.id, uid: newUid(core.random), key: `s:close:${closes}` },
    });
  const subject = { kind: 'message', id: `${report.of}-${report.seq}`, name: `message ${report.seq}` } as const;
  await core.audit.record({ act: 'report_closed', subject, detail: outcome === 'erased' ? 'the message is erased' : 'the message stays' });
}
