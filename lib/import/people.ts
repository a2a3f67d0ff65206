import { nameKey } from '../accounts/account.ts';
import { skeletonOf } from '../accounts/lookalikes.ts';
import { createAccount } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { DomainError, invalid } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { showPicture } from '../people/avatar.ts';
import { setDisplayName } from '../people/operations.ts';
import { ChosenNames, candidates, cleanName } from './names.ts';
import type { Source, SourcePerson } from './source.ts';
import type { ImportState } from './state.ts';

/** Which name a person has in Parley, by id, e-mail address, login or name in the source. Null: the messages of this person are left out. */
export type PeopleMap = ReadonlyMap<string, string | null>;

/**
 * What becomes of a person: `earlier`: the account that an earlier run made or matched; `matched`: an account that exists; `new`: an account of this
 * name is created; `left out`; `taken`: somebody else has the name, and it must be decided who it is.
 */
export type PersonPlan = {
  readonly person: SourcePerson;
  readonly status: 'earlier' | 'matched' | 'new' | 'left out' | 'taken';
  readonly name: string;
  readonly user?: User;
};

export type MatchOptions = { readonly map: PeopleMap; readonly matchNames: boolean };

/** Parses the content of a map file: a JSON object. Errors: `invalid` (map). */
export function parsePeopleMap(value: unknown): PeopleMap {
  const isFit = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isFit ? Object.entries(value) : [];
  if (!isFit || entries.some(([, name]) => name !== null && (typeof name !== 'string' || name.trim() === '')))
    throw invalid(
      'map',
      'The map must be a JSON object: a name, login, e-mail address or id of the source for each field, and a name in Parley or null.',
    );
  return new Map(entries.map(([key, name]) => [key.trim().toLowerCase(), name]));
}

/** Decides what becomes of each person. Reads only. Errors: `invalid` (map): it names an account of the wrong sort; StoreUnavailable. */
export async function planPeople(
  core: Core,
  state: ImportState,
  people: readonly SourcePerson[],
  options: MatchOptions,
): Promise<PersonPlan[]> {
  const chosen = new ChosenNames();
  const plans: PersonPlan[] = [];
  const open: SourcePerson[] = [];
  for (const person of people) {
    const known = await earlier(core, state, person);
    if (!known) open.push(person);
    else plans.push(known);
  }
  const ours = new Set(plans.flatMap(({ user }) => user?.id ?? []));
  for (const person of open) {
    const plan = await planOne(core, person, { chosen, ours }, options);
    if (plan.status === 'new') chosen.add(plan.name);
    plans.push(plan);
  }
  return plans;
}

async function earlier(core: Core, state: ImportState, person: SourcePerson): Promise<PersonPlan | undefined> {
  const id = await state.user(person.id);
  const user = id && (await core.store.users.byId(id));
  return user && { person, status: 'earlier', name: user.name, user };
}

/** `ours`: accounts of this import, made by an earlier run: their names are taken by other people of the source. */
type Names = { readonly chosen: ChosenNames; readonly ours: ReadonlySet<UserId> };

async function planOne(core: Core, person: SourcePerson, { chosen, ours }: Names, { map, matchNames }: MatchOptions): Promise<PersonPlan> {
  const wanted = keysOf(person)
    .map((key) => map.get(key))
    .find((one) => one !== undefined);
  if (wanted === null) return { person, status: 'left out', name: person.name };
  if (wanted !== undefined) return mapped(core, person, wanted, chosen);
  const first = cleanName(person.name);
  const found = first === undefined ? undefined : await core.store.users.byNameKey(nameKey(first));
  const holder = found && ours.has(found.id) ? undefined : found;
  if (holder && matchNames && holder.bot === (person.bot ?? false)) return { person, status: 'matched', name: holder.name, user: holder };
  if (holder) return { person, status: 'taken', name: holder.name };
  for (const name of candidates(person)) if (!chosen.has(name) && (await isFree(core, name))) return { person, status: 'new', name };
  return { person, status: 'taken', name: person.name };
}

async function mapped(core: Core, person: SourcePerson, wanted: string, chosen: ChosenNames): Promise<PersonPlan> {
  const user = await core.store.users.byNameKey(nameKey(wanted));
  if (user) return { person, status: 'matched', name: user.name, user };
  const name = cleanName(wanted);
  if (name === undefined || nameKey(name) !== nameKey(wanted))
    throw invalid('map', `${wanted.slice(0, 64)} cannot be the name of an account.`);
  if (chosen.has(name))
    throw invalid('map', `Several people would be a new account ${name}. Create it first, and it stands for all of them.`);
  return { person, status: (await isFree(core, name)) ? 'new' : 'taken', name };
}

const isFree = async ({ store }: Core, name: string): Promise<boolean> =>
  !(await store.users.byNameKey(nameKey(name))) && !(await store.users.bySkeleton(skeletonOf(name)));

/**
 * Creates the accounts that are new, without a password: nobody can log in until an administrator sets one. Resolves to the account of each person
 * who is not left out. Errors: `conflict` (name): somebody took it in between.
 */
export async function createPeople(
  core: Core,
  state: ImportState,
  plans: readonly PersonPlan[],
  open: Source['open'],
): Promise<Map<string, User>> {
  const users = new Map<string, User>();
  for (const { person, status, name, user } of plans) {
    if (status === 'left out' || status === 'taken') continue;
    if (user && status !== 'earlier') await state.setUser(person.id, user.id);
    const account = user ?? (await createOne(core, await state.keepUser(person.id), name, person));
    if (status !== 'matched') await addPicture(core, account, person, open);
    users.set(person.id, account);
  }
  return users;
}

/** Not to an account that has one, or that somebody uses: an earlier run may have matched it. One that cannot be read is left out. */
async function addPicture(core: Core, user: User, { picture }: SourcePerson, open: Source['open']): Promise<void> {
  if (picture === undefined || user.avatar !== undefined || user.passwordHash !== null) return;
  const content = await open(picture);
  if (!content) return;
  await showPicture(core, user, content).catch((error) => {
    if (!(error instanceof DomainError)) throw error;
  });
}

async function createOne(core: Core, id: UserId, name: string, person: SourcePerson): Promise<User> {
  const made = await core.store.users.byId(id); // by an attempt that was not answered
  if (made) return made;
  const user = await createAccount(core, { id, name, password: null, bot: person.bot ?? false });
  const shown = person.shownName ?? person.name;
  if (shown === name) return user;
  await setDisplayName(core, user, shown).catch((error) => {
    if (!(error instanceof DomainError)) throw error; // it looks like the name of somebody else, or breaks another rule
  });
  return user;
}

/** The keys of a map that name nobody. */
export function unknownKeys(map: PeopleMap, people: readonly SourcePerson[]): string[] {
  const known = new Set(people.flatMap(keysOf));
  return [...map.keys()].filter((key) => !known.has(key));
}

const keysOf = ({ id, email, login, name }: SourcePerson): string[] =>
  [id, email, login, name].flatMap((one) => (one === undefined ? [] : one.trim().toLowerCase()));
