import { auditJson, auditRow, wholeAudit } from '../../audit/reading.ts';
import type { Session } from '../command.ts';

/** Prints every record of the audit log, oldest first. */
export async function printAudit({ core, out }: Session): Promise<void> {
  for await (const entry of wholeAudit(core)) {
    const { seq, title, subject, detail, by, from } = auditRow(entry);
    const what = [title, subject?.name ?? [], detail ?? []].flat().join(' – ');
    out.write(auditJson(entry), `${seq}  ${new Date(entry.at).toISOString()}  ${what}  by ${by}${from === '' ? '' : ` from ${from}`}`);
  }
}
