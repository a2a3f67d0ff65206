import type { User } from '../accounts/port.ts';
import { isEmpty } from '../accounts/sign-up-mode.ts';
import type { Core } from '../core.ts';
import { conflict, invalid } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { type ChannelPlan, finishTarget, openTarget, planChannel } from './channels.ts';
import { createPeople, type MatchOptions, type PersonPlan, planPeople, unknownKeys } from './people.ts';
import { whileAway } from './retry.ts';
import type { Source, SourcePerson } from './source.ts';
import { type LeftOut, Staging } from './staging.ts';
import { ImportState } from './state.ts';
import { writeChannel } from './writer.ts';

export type ImportOptions = MatchOptions & {
  /** Only channels of these names; all if there are none. */
  readonly channels: readonly string[];
  /** Whether direct messages are imported. */
  readonly direct: boolean;
  /** Who adds people to groups: an administrator. */
  readonly by: UserId;
  readonly onProgress: (verb: string, messages: number) => void;
};

/** What an import would do. Messages are numbers of messages. */
export type ImportPlan = {
  readonly people: readonly PersonPlan[];
  readonly channels: readonly ChannelPlan[];
  readonly messages: number;
  readonly edits: number;
  readonly reactions: number;
  /** Files with their content, and files of which the source has only the name. */
  readonly files: { readonly present: number; readonly absent: number };
  readonly leftOut: readonly LeftOut[];
};

/** What an import did. `before`: messages that earlier runs wrote. `late`: see writeChannel, for each group where there are some. */
export type ImportResult = {
  readonly people: { readonly created: number; readonly matched: number };
  readonly groups: readonly {
    readonly slug: string;
    readonly name: string;
    readonly messages: number;
    readonly before: number;
    readonly late: number;
  }[];
  readonly messages: number;
  readonly edits: number;
  readonly reactions: number;
  readonly files: number;
  readonly before: number;
  readonly late: number;
  readonly leftOut: readonly LeftOut[];
};

/** Reads a source and decides what would become of it. Writes nothing. Errors: `invalid` (source, map, channel), StoreUnavailable. */
export async function planImport(core: Core, source: Source, options: ImportOptions): Promise<ImportPlan> {
  const staging = await stage(source, options);
  try {
    return await plan(core, source, staging, options);
  } finally {
    staging.close();
  }
}

/**
 * Imports a source. Can be repeated, also after it was killed, and beside a running server. Errors: those of planImport; `conflict`: names that are
 * taken, nobody to act as; `unavailable`.
 */
export async function runImport(core: Core, source: Source, options: ImportOptions): Promise<ImportResult> {
  if (await isEmpty(core))
    throw conflict('There is no account yet. Create the first one, which becomes administrator: parley user create NAME');
  const staging = await stage(source, options);
  try {
    const { people, channels } = await plan(core, source, staging, options);
    refuseTaken(people);
    const state = new ImportState(core, source.origin);
    const users = await whileAway(() => createPeople(core, state, people, (path) => source.open(path)));
    const names = new Map([
      ...people.map(({ person, name }) => [person.id, name] as const),
      ...[...users].map(([id, { name }]) => [id, name] as const),
    ]);
    let done = 0;
    const context = {
      ...{ core, source, staging, users },
      nameOf: (person: string) => names.get(person) ?? 'somebody',
      onProgress: () => options.onProgress('imported', ++done),
    };
    const groups = [];
    const total = { messages: 0, edits: 0, reactions: 0, files: 0, before: 0, late: 0 };
    for (const one of channels) {
      const group = await whileAway(() => openTarget(core, state, one, users));
      const { n: before } = await whileAway(() => core.store.log.head(group.id));
      const written = await writeChannel(context, one.channel.id, group);
      await whileAway(() => finishTarget(core, group, one.channel, { users, by: options.by, before, hasNew: written.messages > 0 }));
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += written[key];
      groups.push({ slug: group.slug, name: one.name, messages: written.messages, before: written.before, late: written.late });
    }
    const created = people.filter(({ status }) => status === 'new').length;
    return { people: { created, matched: users.size - created }, groups, ...total, leftOut: staging.leftOuts() };
  } finally {
    staging.close();
  }
}

async function stage(source: Source, { onProgress }: ImportOptions): Promise<Staging> {
  const staging = new Staging(source.origin);
  try {
    staging.onMessage = (messages) => onProgress('read', messages);
    await source.read(staging);
    return staging;
  } catch (error) {
    staging.close();
    throw error;
  }
}

async function plan(core: Core, { origin }: Source, staging: Staging, options: ImportOptions): Promise<ImportPlan> {
  const state = new ImportState(core, origin);
  const wanted = chosen(staging, options);
  const needed = new Set(wanted.flatMap(({ id, members }) => [...members, ...staging.named(id)]));
  const all = staging.people();
  const unknown = unknownKeys(options.map, all);
  if (unknown.length > 0)
    throw invalid('map', `The source has nobody who is named, logs in or has the address: ${unknown.slice(0, 5).join(', ')}.`);
  const known = new Map(all.map((person) => [person.id, person]));
  const people = await planPeople(
    core,
    state,
    [...needed].sort().map((id): SourcePerson => known.get(id) ?? { id, name: id }),
    options,
  );
  const users = new Map(people.flatMap(({ person, user }): [string, User][] => (user ? [[person.id, user]] : [])));
  const channels: ChannelPlan[] = [];
  for (const channel of wanted) channels.push(await planChannel(core, state, channel, users));
  const count = (kind: 'message' | 'edit' | 'react') => wanted.reduce((sum, { id }) => sum + staging.count(id, kind), 0);
  return {
    people,
    channels,
    messages: count('message'),
    edits: count('edit'),
    reactions: count('react'),
    files: staging.files(wanted.map(({ id }) => id)),
    leftOut: staging.leftOuts(),
  };
}

function chosen(staging: Staging, { channels: names, direct }: ImportOptions): ReturnType<Staging['channels']> {
  const all = staging.channels();
  for (const name of names)
    if (!all.some((channel) => isNamed(channel, name))) throw invalid('channel', `The source has no channel ${name.slice(0, 64)}.`);
  return all.filter((channel) => {
    if (channel.kind === 'direct' && (!direct || channel.messages === 0)) return false;
    return names.length === 0 || names.some((name) => isNamed(channel, name));
  });
}

const isNamed = ({ id, name }: { readonly id: string; readonly name: string }, asked: string): boolean =>
  [id, name, `#${name}`].includes(asked);

function refuseTaken(people: readonly PersonPlan[]): void {
  const taken = people
    .filter(({ status }) => status === 'taken')
    .map(({ person, name }) => (person.email ? `${name} (${person.email})` : name));
  if (taken.length === 0) return;
  const shown = `${taken.slice(0, 10).join(', ')}${taken.length > 10 ? ', …' : ''}`;
  throw conflict(
    `${taken.length} people have the names of accounts that exist: ${shown}. Say who they are in a file (--map), or pass --match-names if they are the same people.`,
    'map',
  );
}
