import test from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import { DomainError } from '../../lib/errors.ts';
import { directSlug, directTitle, parseExpiry, parseUses, slugOf, sortedPeople } from '../../lib/groups/group.ts';
import type { Group, Membership } from '../../lib/groups/port.ts';
import * as rules from '../../lib/groups/rules.ts';
import { asGroupId, asUserId } from '../../lib/ids.ts';

const NOW = Date.UTC(2026, 0, 2, 12);
const ME = asUserId('me00000000000000');

const user: User = {
  ...{ id: ME, name: 'Me', nameKey: 'me', color: 0, passwordHash: null, admin: false, bot: false, disabled: false },
  ...{ keyVersion: 1, createdAt: NOW },
};
const group: Group = {
  ...{ id: asGroupId('group00000000000'), kind: 'group', people: null, number: 1, slug: 'g', name: 'G', topic: '', open: false },
  ...{ archived: false, codeMac: '', codeSealed: '', codeExpiresAt: null, codeUsesLeft: null, createdAt: NOW },
  head: { seq: 0, n: 0, at: 0 },
};
const member: Membership = {
  ...{ group: group.id, user: ME, in: true, role: 'member', rev: 1, by: ME, lined: true, at: NOW, mark: 0 },
  ...{ level: 'mentions', hidden: null, ceding: false },
};

const WHO = {
  member: { user, membership: member },
  moderator: { user, membership: { ...member, role: 'moderator' } },
  'administrator outside': { user: { ...user, admin: true }, membership: undefined },
  'administrator inside': { user: { ...user, admin: true }, membership: member },
  stranger: { user, membership: undefined },
  'one who left': { user, membership: { ...member, in: false } },
  'disabled moderator': { user: { ...user, disabled: true }, membership: { ...member, role: 'moderator' } },
  'bot inside': { user: { ...user, bot: true }, membership: member },
  'bot outside': { user: { ...user, bot: true }, membership: undefined },
} as const satisfies Record<string, Pick<rules.GroupAccess, 'user' | 'membership'>>;
type Who = keyof typeof WHO;

const KINDS = {
  closed: group,
  open: { ...group, open: true },
  archived: { ...group, open: true, archived: true },
  direct: { ...group, kind: 'direct', people: [ME] },
  // A state that no operation creates; the rules apply anyway.
  'direct and open': { ...group, kind: 'direct', people: [ME], open: true },
} as const satisfies Record<string, Group>;

const INSIDE: Who[] = ['member', 'moderator', 'administrator inside', 'bot inside'];
const MANAGERS: Who[] = ['moderator', 'administrator outside', 'administrator inside'];
const JOINERS: Who[] = ['member', 'moderator', 'administrator outside', 'administrator inside', 'stranger', 'one who left'];

const TABLE: [keyof typeof rules, rule: (standing: rules.GroupAccess) => boolean, Partial<Record<keyof typeof KINDS, readonly Who[]>>][] = [
  ['mayRead', rules.mayRead, { closed: INSIDE, open: INSIDE, archived: INSIDE, direct: INSIDE, 'direct and open': INSIDE }],
  ['mayPost', rules.mayPost, { closed: INSIDE, open: INSIDE, direct: INSIDE, 'direct and open': INSIDE }],
  ['mayManage', rules.mayManage, { closed: MANAGERS, open: MANAGERS, archived: MANAGERS }],
  ['isModerator', rules.isModerator, { closed: ['moderator'], open: ['moderator'], archived: ['moderator'] }],
  ['mayJoinFreely', rules.mayJoinFreely, { open: JOINERS }],
  ['mayLeave', rules.mayLeave, { closed: INSIDE, open: INSIDE, archived: INSIDE }],
  ['mayHide', rules.mayHide, { direct: INSIDE, 'direct and open': INSIDE }],
];

for (const [name, rule, allowed] of TABLE)
  test(`${name}: who, in which kind of group`, (t) => {
    for (const [kind, its] of Object.entries(KINDS) as [keyof typeof KINDS, Group][])
      t.deepEqual(
        Object.keys(WHO).filter((who) => rule({ ...WHO[who as Who], group: its })),
        Object.keys(WHO).filter((who) => allowed[kind]?.includes(who as Who)),
        kind,
      );
  });

test('rules: bots and disabled users cannot create groups', (t) => {
  t.true(rules.mayCreate(user));
  t.false(rules.mayCreate({ ...user, bot: true }));
  t.false(rules.mayCreate({ ...user, disabled: true }));
});

test('rules: a code is valid until it expires, while it has uses, in a group that can be joined', (t) => {
  const cases: [Partial<Group>, boolean][] = [
    [{}, true],
    [{ codeExpiresAt: NOW + 1 }, true],
    [{ codeExpiresAt: NOW }, false],
    [{ codeExpiresAt: NOW - 1 }, false],
    [{ codeUsesLeft: 1 }, true],
    [{ codeUsesLeft: 0 }, false],
    [{ codeExpiresAt: NOW + 1, codeUsesLeft: 0 }, false],
    [{ archived: true }, false],
    [{ kind: 'direct' }, false],
  ];
  for (const [its, isGood] of cases) t.is(rules.isCodeValid({ ...group, ...its }, NOW), isGood, JSON.stringify(its));
});

test('rules: hidden direct messages reappear with the next message', (t) => {
  for (const [hidden, n, isHidden] of [
    [null, 0, false],
    [null, 9, false],
    [0, 0, true],
    [0, 1, false],
    [5, 5, true],
    [5, 6, false],
  ] as const)
    t.is(rules.isHidden({ hidden }, n), isHidden, `${hidden} ${n}`);
});

test('rules: the default level is mentions in groups and everything in direct messages', (t) => {
  t.is(rules.defaultLevel('group'), 'mentions');
  t.is(rules.defaultLevel('direct'), 'everything');
  t.deepEqual(
    (['everything', 'mentions', 'nothing'] as const).map((level) => rules.isMuted({ level })),
    [false, false, true],
  );
});

test('rules: leaving, removal and demotion remove a moderator', (t) => {
  const [mod, plain, out] = [
    { in: true, role: 'moderator' },
    { in: true, role: 'member' },
    { in: false, role: 'member' },
  ] as const;
  t.true(rules.stepsDown(mod, plain));
  t.true(rules.stepsDown(mod, out));
  for (const [from, to] of [
    [mod, mod],
    [plain, out],
    [plain, mod],
    [out, mod],
    [undefined, mod],
    [{ in: false, role: 'moderator' }, out],
  ] as const)
    t.false(rules.stepsDown(from, to));
});

test('rules: a moderator may step down if another remains or nobody else is there', (t) => {
  const other = (more: Partial<Membership>, who: Partial<User> = {}) => ({ user: { ...user, ...who }, membership: { ...member, ...more } });
  const cases: [Parameters<typeof rules.canStepDown>[0], boolean][] = [
    [[], true],
    [[other({})], false],
    [[other({ role: 'moderator' })], true],
    [[other({}), other({ role: 'moderator' })], true],
    [[other({ role: 'moderator', ceding: true })], false],
    [[other({ role: 'moderator', ceding: true }), other({ role: 'moderator' })], true],
    [[other({ role: 'moderator' }, { disabled: true }), other({})], false],
    [[other({ role: 'moderator' }, { disabled: true })], true],
    [[other({}, { bot: true })], true],
    [[other({ in: false, role: 'moderator' }), other({})], false],
  ];
  for (const [others, can] of cases) t.is(rules.canStepDown(others), can, JSON.stringify(others.map(({ membership }) => membership)));
});

const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(asUserId) as [User['id'], User['id'], User['id']];

test('rules: the slug of direct messages depends on the set of people only', async (t) => {
  t.is(directSlug([A, B, C]), directSlug([C, A, B, A]));
  t.regex(directSlug([A]), /^dm-[0-9a-f]{20}$/);
  t.is(new Set([[A], [B], [A, B], [A, C], [A, B, C]].map(directSlug)).size, 5);
  t.deepEqual(sortedPeople([C, A, A]), [A, C]);
  for (const name of ['dm', 'DM', 'dm-1', `dm ${directSlug([A]).slice(3)}`, directSlug([A, B]), 'Dm?Other'])
    t.false((await slugOf(name)).startsWith('dm-'), name);
  t.is(await slugOf('dm x'), 'g-dm-x');
  t.is(await slugOf('dmx'), 'dmx');
});

test('rules: the title of direct messages is the names of the others', (t) => {
  const [ann, bob, carl] = [
    { id: A, name: 'Ann' },
    { id: B, name: 'Bob' },
    { id: C, name: 'Carl' },
  ];
  t.is(directTitle(A, [ann, bob]), 'Bob');
  t.is(directTitle(B, [carl, ann, bob]), 'Ann, Carl');
  t.is(directTitle(A, [ann]), 'Ann (you)');
});

test('rules: parsing of expiry and uses of a code', (t) => {
  const HOUR = 3_600_000;
  t.deepEqual(['never', '1h', '24h', '1d', '7d', '30d', '365d', ' 2h '].map(parseExpiry), [
    null,
    HOUR,
    24 * HOUR,
    24 * HOUR,
    168 * HOUR,
    720 * HOUR,
    8760 * HOUR,
    2 * HOUR,
  ]);
  t.deepEqual(['unlimited', '1', '10', '10000'].map(parseUses), [null, 1, 10, 10_000]);
  const refused = (field: string) => (error: unknown) => error instanceof DomainError && error.code === 'invalid' && error.field === field;
  for (const odd of ['', '0h', '366d', '1w', '-1h', '1.5h', 'Never', '99999h', '1h; DROP', 'NaNd'])
    t.true(refused('expires')(t.throws(() => parseExpiry(odd), { any: true })), odd);
  for (const odd of ['', '0', '10001', '-1', '1.5', '1e3', 'Infinity', 'many'])
    t.true(refused('uses')(t.throws(() => parseUses(odd), { any: true })), odd);
});
