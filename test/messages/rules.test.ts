import test from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import type { Group, Membership } from '../../lib/groups/port.ts';
import type { GroupAccess } from '../../lib/groups/rules.ts';
import * as groupRules from '../../lib/groups/rules.ts';
import { asGroupId, asUserId } from '../../lib/ids.ts';
import type { Folded, Message } from '../../lib/log/entry.ts';
import type { FoldedMessage } from '../../lib/log/fold.ts';
import * as rules from '../../lib/messages/rules.ts';

const NOW = Date.UTC(2026, 0, 2, 12);
const GROUP = asGroupId('group00000000000');
const AUTHOR = asUserId('author0000000000');

const user = (id: string, more: Partial<User> = {}): User => ({
  ...{ id: asUserId(id), name: id, nameKey: id, color: 0, passwordHash: null, admin: false, bot: false, disabled: false },
  ...{ keyVersion: 1, createdAt: NOW },
  ...more,
});
const group: Group = {
  ...{
    id: GROUP,
    kind: 'group',
    people: null,
    codeExpiresAt: null,
    codeUsesLeft: null,
    number: 1,
    slug: 'g',
    name: 'G',
    topic: '',
    open: false,
    archived: false,
    codeMac: '',
    codeSealed: '',
  },
  ...{ createdAt: NOW, head: { seq: 0, n: 0, at: 0 } },
};
const membership = (id: string, more: Partial<Membership> = {}): Membership => ({
  ...{ group: GROUP, user: asUserId(id), in: true, role: 'member' as const, rev: 1, by: AUTHOR, lined: true, at: NOW, mark: 0 },
  ...{ level: 'mentions' as const, hidden: null, ceding: false },
  ...more,
});

const standing = (
  id: string,
  more: Partial<User> = {},
  role: Partial<Membership> | undefined = {},
  its: Partial<Group> = {},
): GroupAccess => ({
  user: user(id, more),
  group: { ...group, ...its },
  membership: role === undefined ? undefined : membership(id, role),
});

const PEOPLE = {
  author: standing(AUTHOR),
  member: standing('member'),
  moderator: standing('moderator', {}, { role: 'moderator' }),
  admin: standing('admin', { admin: true }),
  'admin outside': { ...standing('admin', { admin: true }), membership: undefined },
  outsider: { ...standing('outsider'), membership: undefined },
  'former author': standing(AUTHOR, {}, { in: false }),
  'disabled author': standing(AUTHOR, { disabled: true }),
  bot: standing('bot', { bot: true }),
  'author when archived': standing(AUTHOR, {}, {}, { archived: true }),
  'moderator when archived': standing('moderator', {}, { role: 'moderator' }, { archived: true }),
} satisfies Record<string, GroupAccess>;
type Person = keyof typeof PEOPLE;

const message: Message = { kind: 'message', group: GROUP, seq: 5, n: 1, at: NOW, author: AUTHOR, uid: 'u', body: 'x', format: 'text' };
const folded = (state: Partial<Folded> = {}, more: Partial<Message> = {}): FoldedMessage => ({
  message: { ...message, ...more },
  rev: 5,
  state: { upto: 5, body: 'x', format: 'text', reactions: [], ...state },
});
const erasedBy = (author: string) => ({ erasedBy: { seq: 6, author: asUserId(author), at: NOW, undoUntil: NOW + rules.UNDO_MS } });

const ALLOWED: [rule: string, may: (at: GroupAccess) => boolean, who: Person[]][] = [
  ['read', groupRules.mayRead, ['author', 'member', 'moderator', 'admin', 'bot', 'author when archived', 'moderator when archived']],
  ['post', groupRules.mayPost, ['author', 'member', 'moderator', 'admin', 'bot']],
  ['manage the group', groupRules.mayManage, ['moderator', 'admin', 'admin outside', 'moderator when archived']],
  ['edit', (at) => rules.mayEdit(at, folded()), ['author']],
  ['erase', (at) => rules.mayErase(at, folded()), ['author', 'moderator', 'admin']],
  ['react', (at) => rules.mayReact(at, folded()), ['author', 'member', 'moderator', 'admin', 'bot']],
  ['take back what the author erased', (at) => rules.mayUnerase(at, folded(erasedBy(AUTHOR)), NOW), ['author']],
  ['take back what the moderator erased', (at) => rules.mayUnerase(at, folded(erasedBy('moderator')), NOW), ['moderator']],
  ['take back what nobody erased', (at) => rules.mayUnerase(at, folded(), NOW), []],
  ['edit what is erased', (at) => rules.mayEdit(at, folded(erasedBy(AUTHOR))), []],
  ['erase what is erased', (at) => rules.mayErase(at, folded(erasedBy(AUTHOR))), []],
  ['react to what is erased', (at) => rules.mayReact(at, folded(erasedBy(AUTHOR))), []],
  ['edit what is scrubbed', (at) => rules.mayEdit(at, folded({}, { scrubbed: true })), []],
  ['react to what is scrubbed', (at) => rules.mayReact(at, folded({}, { scrubbed: true })), []],
  ['take back what is scrubbed', (at) => rules.mayUnerase(at, folded(erasedBy(AUTHOR), { scrubbed: true }), NOW), []],
];

for (const [rule, may, who] of ALLOWED)
  test(`those who may ${rule}: ${who.join(', ') || 'nobody'}`, (t) => {
    const allowed = Object.entries(PEOPLE).flatMap(([name, at]) => (may(at) ? [name] : []));
    t.deepEqual(
      allowed,
      [...who].sort((a, b) => Object.keys(PEOPLE).indexOf(a) - Object.keys(PEOPLE).indexOf(b)),
    );
  });

test('rules: an erasure can be undone for 10 s, to the ms', (t) => {
  const at = (now: number) => rules.mayUnerase(PEOPLE.author, folded(erasedBy(AUTHOR)), now);
  t.deepEqual([at(NOW), at(NOW + 10_000), at(NOW + 10_001)], [true, true, false]);
});

test('rules: people, not bots, may join an open group', (t) => {
  const open = { open: true };
  t.true(groupRules.mayJoinFreely(standing('a', {}, undefined, open)));
  t.false(groupRules.mayJoinFreely(standing('a', {}, undefined, { open: false })));
  t.false(groupRules.mayJoinFreely(standing('a', {}, undefined, { ...open, archived: true })));
  t.false(groupRules.mayJoinFreely(standing('a', { bot: true }, undefined, open)));
  t.false(groupRules.mayJoinFreely(standing('a', { disabled: true }, undefined, open)));
});
