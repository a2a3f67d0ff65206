import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { everyGroup } from '../groups/every-group.ts';
import { directTitle } from '../groups/group.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { type ExportedLine, readLines } from './lines.ts';

/** What is exported: one group, or what one person wrote, in every group and in direct messages. */
export type Scope = { readonly group: Group } | { readonly user: User };

/** A group of an export. `title`: its name, of direct messages the names of their members. `lines` can be read once. */
export type ExportedGroup = {
  readonly group: Group;
  readonly title: string;
  readonly head: number;
  readonly lines: AsyncIterable<ExportedLine>;
};

/** The groups of an export, by number. Errors: StoreUnavailable. */
export async function* groupsOf(core: Core, scope: Scope): AsyncGenerator<ExportedGroup> {
  if ('group' in scope) {
    yield await exported(core, scope.group, (line) => (isCommand(line) ? undefined : line)); // a command is for its author and its bot
    return;
  }
  for await (const group of everyGroup(core.store)) yield await exported(core, group, (line) => ofUser(line, scope.user.id));
}

async function exported(core: Core, group: Group, pick: (line: ExportedLine) => ExportedLine | undefined): Promise<ExportedGroup> {
  const { seq: head } = await core.store.log.head(group.id);
  return { group, title: await titleOf(core, group), head, lines: picked(readLines(core, group.id, head), pick) };
}

async function* picked(lines: AsyncIterable<ExportedLine>, pick: (line: ExportedLine) => ExportedLine | undefined) {
  for await (const line of lines) {
    const kept = pick(line);
    if (kept) yield kept;
  }
}

const isCommand = (line: ExportedLine): line is ExportedLine & { type: 'line' } => line.type === 'line' && line.entry.kind === 'command';

/** A message of this person, or one that the person reacted to, or whose actions the person used: of those only that is exported; and a command to a bot. */
function ofUser(line: ExportedLine, user: UserId): ExportedLine | undefined {
  if (line.type !== 'message') return isCommand(line) && line.entry.author === user ? line : undefined;
  const { message, state } = line.folded;
  const isReacted = state.reactions.some(({ by }) => by.includes(user));
  const isUsed = line.followUps.some(({ kind, author }) => kind === 'act' && author === user);
  return message.author === user || isReacted || isUsed ? line : undefined;
}

async function titleOf(core: Core, { people, name }: Group): Promise<string> {
  if (people === null) return name;
  const profiles = await core.directory.profiles(people);
  return directTitle('' as UserId, [...profiles.values()]);
}
