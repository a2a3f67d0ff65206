import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { t } from '../language/text.ts';
import { readMessage } from '../log/history.ts';
import { eraseOne } from '../retention/erase-one.ts';

/**
 * Erases a message for good in the name of an administrator, who need not be in the group; nobody can undo it. Recorded in the audit log, without the
 * text. Resolves to whether it was there. Errors: `notFound`, `conflict` when its group is on legal hold, `unavailable`.
 */
export async function eraseAsAdmin(core: Core, by: User, group: Group, seq: number): Promise<boolean> {
  const { message } = await readMessage(core, group.id, seq);
  const isDirect = group.kind === 'direct';
  const where = isDirect ? 'direct messages' : group.slug;
  const outcome = await eraseOne(core, group.id, seq, by.id);
  if (outcome === 'held')
    throw conflict(t`Message ${seq} in ${isDirect ? t`direct messages` : group.slug} is on legal hold: it cannot be erased.`);
  if (outcome === 'gone') return false;
  const author = (await core.directory.profiles([message.author])).get(message.author)?.name ?? message.author;
  const subject = { kind: 'message', id: `${group.id}-${seq}`, name: `message ${seq} in ${where}` } as const;
  await core.audit.record({ act: 'message_erased', subject, detail: `by ${author}` });
  return true;
}
