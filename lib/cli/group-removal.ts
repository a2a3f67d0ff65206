import { deleteGroup, lossOf } from '../admin/group-removal.ts';
import { sizeText } from '../files/file.ts';
import { transferGroup } from '../groups/transfer.ts';
import { plural } from '../language/text.ts';
import { SERVER } from '../security/event.ts';
import type { Session } from './command.ts';
import { actingFor, findGroup, findPerson, operator } from './lookup.ts';

/** Makes a person the only moderator of a group. */
export async function transfer({ core, out }: Session, slug: string, name: string): Promise<void> {
  const [group, user] = [await findGroup(core, slug), await findPerson(core, name)];
  const former = await transferGroup(core, await actingFor(core, user.id), group, user);
  out.write(
    { id: group.id, slug: group.slug, moderator: user.name, former },
    `${user.name} is now the only moderator of ${group.name} (${plural(former, 'former moderator')}).`,
  );
}

/** Says what the deletion of a group removes; with `isSure` deletes it. A running server, or the next one, removes messages and files. */
export async function remove({ core, out }: Session, slug: string, isSure: boolean): Promise<void> {
  const group = await findGroup(core, slug);
  const { messages, members, files, bytes, bots } = await lossOf(core, group);
  if (isSure) await deleteGroup(core, (await operator(core))?.id ?? SERVER, group);
  const lost = `${plural(messages, 'message')}, ${plural(files, 'file')} (${sizeText(bytes)}), ${plural(members, 'member')}, ${plural(bots.length, 'bot')}`;
  out.write(
    { id: group.id, slug: group.slug, messages, members, files, bytes, bots: bots.map((bot) => bot.name).join(', '), deleted: isSure },
    isSure
      ? `Deleted ${group.name}: ${lost}. The server removes messages and files within a minute or so.`
      : `${group.name} has ${lost}. Add --yes to delete it for good.`,
  );
}
