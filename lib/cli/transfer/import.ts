import { readFile } from 'node:fs/promises';
import { conflict, invalid } from '../../errors.ts';
import type { ChannelPlan } from '../../import/channels.ts';
import { openSource } from '../../import/open.ts';
import { type PeopleMap, type PersonPlan, parsePeopleMap } from '../../import/people.ts';
import { type ImportOptions, type ImportPlan, type ImportResult, planImport, runImport } from '../../import/run.ts';
import type { FormatName, Source } from '../../import/source.ts';
import type { LeftOut } from '../../import/staging.ts';
import type { Session } from '../command.ts';
import { operator } from '../lookup.ts';
import type { Out } from '../out.ts';
import { openProgress } from '../progress.ts';

export type ImportChoice = {
  readonly from?: FormatName;
  readonly name?: string;
  readonly map?: string;
  readonly matchNames?: true;
  readonly channel?: readonly string[];
  readonly direct: boolean;
  readonly timeZone: string;
  readonly dryRun?: true;
};

/** Imports what another program exported. Rejects after the import if messages could not be written. */
export async function importFrom({ core, out }: Session, path: string, choice: ImportChoice): Promise<void> {
  const admin = await operator(core);
  if (!admin) throw conflict('There is no administrator. Create an account first: parley user create NAME');
  const map = choice.map === undefined ? new Map() : await readMap(choice.map);
  checkZone(choice.timeZone);
  const progress = openProgress(out, 'messages');
  const options: ImportOptions = {
    ...{ map, matchNames: choice.matchNames === true, channels: choice.channel ?? [], direct: choice.direct, by: admin.id },
    onProgress: (verb, messages) => progress.show(verb, messages),
  };
  const { source, close } = await openSource(path, choice);
  try {
    if (choice.dryRun) showPlan(out, source, await planImport(core, source, options));
    else {
      const result = await runImport(core, source, options);
      await core.audit.record({ act: 'history_imported', detail: auditDetail(source, result) });
      showResult(out, source, result, progress.end().seconds);
    }
  } finally {
    await close();
  }
}

async function readMap(path: string): Promise<PeopleMap> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw invalid('map', `The file cannot be read: ${error.message}`);
  });
  try {
    return parsePeopleMap(JSON.parse(text));
  } catch (error) {
    throw error instanceof SyntaxError ? invalid('map', `The file is not JSON: ${error.message}`) : error;
  }
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw invalid('timeZone', 'The time zone must be an IANA name such as Europe/Berlin.');
  }
}

function showPlan(out: Out, { format }: Source, { people, channels, messages, edits, reactions, files, leftOut }: ImportPlan): void {
  for (const plan of people) out.write(personJson(plan), `${personText(plan)}`);
  for (const plan of channels) out.write(channelJson(plan), channelText(plan));
  for (const one of leftOut) out.write({ type: 'left_out', ...one }, leftOutText(one));
  const taken = people.filter(({ status }) => status === 'taken').length;
  const text = `${format}: ${people.length} people (${taken} to be decided), ${channels.length} groups, ${messages} messages, ${edits} edits, ${reactions} reactions, ${files.present} files (${files.absent} more are not in the export). Nothing was written.`;
  out.write(
    {
      type: 'summary',
      format,
      people: people.length,
      taken,
      groups: channels.length,
      messages,
      edits,
      reactions,
      files: files.present,
      files_absent: files.absent,
    },
    text,
  );
}

const personJson = ({ person, status, name }: PersonPlan) => ({
  ...{ type: 'person', id: person.id, name: person.name, email: person.email ?? null, bot: person.bot ?? false },
  ...{ status: status.replace(' ', '_'), as: name },
});

function personText({ person, status, name }: PersonPlan): string {
  const who = [person.name, person.login === person.name ? undefined : person.login, person.email].filter(Boolean).join(', ');
  switch (status) {
    case 'new':
      return `person   ${who}: a new account ${name}, without a password`;
    case 'matched':
    case 'earlier':
      return `person   ${who}: the account ${name}`;
    case 'left out':
      return `person   ${who}: left out, with all messages`;
    case 'taken':
      return `person   ${who}: NOT DECIDED, there is an account ${name} (--map or --match-names)`;
    default:
      throw status satisfies never;
  }
}

const channelJson = ({ channel, messages, status, name, group }: ChannelPlan) => ({
  ...{
    type: 'group',
    id: channel.id,
    name,
    kind: channel.kind,
    status,
    slug: group?.slug ?? null,
    members: channel.members.length,
    messages,
  },
});

const channelText = ({ channel, messages, name, group }: ChannelPlan): string =>
  `group    ${name}: ${group ? `continues /groups/${group.slug}` : `a new ${channel.kind} group`}, ${messages} messages, ${channel.members.length} members`;

const leftOutText = ({ what, count, example }: LeftOut): string =>
  `left out ${count} ${what}${example === null ? '' : `, such as ${JSON.stringify(example)}`}`;

const auditDetail = ({ format }: Source, { messages, groups, people }: ImportResult): string =>
  `${format}: ${messages} messages in ${groups.length} groups, ${people.created} new accounts`;

function showResult(out: Out, { format }: Source, result: ImportResult, seconds: number): void {
  const { people, groups, messages, edits, reactions, files, before, late, leftOut } = result;
  out.write(
    { format, people, groups, messages, edits, reactions, files, before, late, left_out: leftOut, seconds },
    [
      ...groups
        .filter((group) => group.messages > 0)
        .map(({ slug, name, messages: count }) => `${name}: ${count} messages in /groups/${slug}`),
      ...leftOut.map(leftOutText),
      `${format}: ${messages} messages, ${edits} edits, ${reactions} reactions, ${files} files in ${seconds.toFixed(1)} s; ${before} messages were there before.`,
      `${people.created} accounts were created without a password: parley user passwd NAME lets one log in.`,
    ].join('\n'),
  );
  if (late > 0)
    throw new Error(
      `${late} messages were not imported, because they are older than what others have written in these groups since: ${groups
        .filter((group) => group.late > 0)
        .map(({ slug }) => slug)
        .join(', ')}`,
    );
}
