import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { detailText } from './detail.ts';
import { SECURITY_EVENTS, type SecurityRecord, type SecurityVia } from './event.ts';
import type { SecurityPosition } from './port.ts';

/** Rows of templates/security/_list.njk. `account`: whom it concerns, when that is not the reader of the list; `by`: who did it, when that is somebody else. */
export type SecurityRow = {
  readonly at: number;
  readonly title: string;
  readonly detail: string | null;
  readonly account: string | null;
  readonly by: string | null;
  readonly from: string;
};

/** One page of a list. `next`: the cursor of the next page, or null. */
export type SecurityPage = { readonly rows: readonly SecurityRow[]; readonly next: string | null };

const FROM: Readonly<Record<Exclude<SecurityVia, 'browser'>, () => string>> = {
  token: () => t`a program with a token`,
  cli: () => t`the command line`,
  server: () => t`the server`,
};

/** The events in the list of `owner`, newest first, older than `before`; names are those of the accounts. */
export async function securityPage(
  core: Core,
  owner: User['id'],
  { limit, before }: { readonly limit: number; readonly before?: SecurityPosition | undefined },
): Promise<SecurityPage> {
  const found = await core.store.security.list(owner, { limit: limit + 1, before });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const profiles = await core.directory.profiles(shown.flatMap(({ user, by }) => [user, by].flatMap((id) => id ?? [])));
  const nameOf = (id: UserId): string => profiles.get(id)?.name ?? id;
  return { rows: shown.map((record) => rowOf(record, owner, nameOf)), next: found.length > limit && last ? cursorOf(last) : null };
}

function rowOf({ at, event, user, by, via, address, detail }: SecurityRecord, owner: UserId, nameOf: (id: UserId) => string): SecurityRow {
  const where = via === 'browser' ? (address ?? '') : [FROM[via](), address ?? []].flat().join(', ');
  return {
    ...{ at, title: SECURITY_EVENTS[event](), detail: detail && detailText(event, detail), from: where },
    account: user === null || user === owner ? null : nameOf(user),
    by: by === null || by === user || by === owner ? null : nameOf(by),
  };
}

/** A position in a list as a URL-safe cursor. */
const cursorOf = ({ at, id }: SecurityPosition): string => `${at}-${id}`;

/** Parses a cursor; undefined when it is invalid. */
export function positionOf(cursor: string): SecurityPosition | undefined {
  const [, at, id] = /^(\d{1,15})-([0-9a-z]{1,32})$/.exec(cursor) ?? [];
  return at && id ? { at: Number(at), id } : undefined;
}
