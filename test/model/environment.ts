import type { User } from '../../lib/accounts/port.ts';
import type { Membership } from '../../lib/groups/port.ts';
import { type GroupId, newUid, type UserId } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head, headAfter } from '../../lib/log/entry.ts';
import { BusNet } from './bus.ts';
import { Disk, type DiskKind } from './disk.ts';
import { ModelProcess, SLUG } from './process.ts';
import type { Reader } from './reader.ts';
import { type Change, lastOf, logOf, moveHint, putEntry, putGroup, putMembership, putUser, type State } from './state.ts';
import { openModelStore } from './store.ts';
import type { World } from './world.ts';

function headOf(state: State): Head {
  const last = lastOf(state, GROUP);
  return last ? headAfter(last) : EMPTY_HEAD;
}

const asUser = (id: string): UserId => id as UserId;
const STOP_MS = 1000;

export const START = 1_700_000_000_000;

export const GROUP = 'kitchen' as GroupId;
const NAMES = ['ann', 'bob', 'eve'];

/** One group with Ann, a permanent member, and Bob and Eve, who join and leave; several processes on one store and one bus. */
export class TestEnvironment {
  readonly world: World;
  readonly disk: Disk;
  readonly users: readonly User[] = NAMES.map(userNamed);
  readonly readers: Reader[] = [];
  readonly #net: BusNet;
  readonly #processes: ModelProcess[];
  #born = 0;

  constructor(world: World, kind: DiskKind, processes: number) {
    this.world = world;
    this.disk = new Disk(kind, world);
    this.#net = new BusNet(world, () => START + world.time.ms);
    void this.disk.write(...this.users.map(putUser));
    furnish(this.disk, this.disk, GROUP, SLUG, this.users);
    this.#processes = Array.from({ length: processes }, () => this.#start());
  }

  get ann(): User {
    return this.user(0);
  }

  /** The length of the log that a majority has. */
  get length(): number {
    return this.disk.committed.logs.get(GROUP)?.size ?? 0;
  }

  /** The log that a majority has. */
  get log(): Entry[] {
    return logOf(this.disk.committed, GROUP);
  }

  user(which: number): User {
    return this.users[which % this.users.length] ?? userNamed('nobody', 0);
  }

  process(which: number): ModelProcess {
    const process = this.#processes[which % this.#processes.length];
    if (!process) throw new Error('no process');
    return process;
  }

  get processes(): readonly ModelProcess[] {
    return this.#processes;
  }

  /** Kills a process and starts another one in its place. */
  crash(which: number): void {
    const dying = this.process(which);
    this.world.note(`${dying.name} dies`);
    dying.die();
    this.#processes[this.#processes.indexOf(dying)] = this.#start();
    for (const reader of this.readers) reader.lose(dying);
  }

  /** Stops a process: another one gets new requests; it ends its streams, answers pending requests and exits within 1 s. */
  stop(which: number): void {
    const stopping = this.process(which);
    this.world.note(`${stopping.name} stops`);
    this.#processes[this.#processes.indexOf(stopping)] = this.#start();
    void stopping.close();
    void this.world.time.after(STOP_MS).then(() => {
      stopping.die();
      for (const reader of this.readers) reader.lose(stopping);
    });
  }

  /** Appends many messages of Ann by another process without a notification. */
  crowd(count: number): void {
    if (this.disk.isAway) return;
    const changes: Change[] = [];
    let head = headOf(this.disk.primary);
    for (let line = 0; line < count; line += 1) {
      const uid = newUid((n) => this.world.tape.bytes('ids', n));
      const entry = entryAfter({ kind: 'topic', topic: 'many', author: this.ann.id, uid }, GROUP, head, START);
      head = headAfter(entry);
      changes.push(putEntry(entry));
    }
    if (!this.world.tape.chance('hint of a crowd', this.world.weather.lostHints)) changes.push(moveHint(GROUP, head));
    void this.disk.write(...changes);
  }

  #start(): ModelProcess {
    this.#born += 1;
    const name = `p${this.#born}`;
    return new ModelProcess(
      name,
      this.world,
      openModelStore(this.world, name, [this.disk], () => this.disk),
      this.#net.join(name),
    );
  }
}

/** Creates a group with these members before a run; its log may be on another disk. */
export function furnish(disk: Disk, logs: Disk, id: GroupId, slug: string, members: readonly User[]): void {
  void disk.write(putGroup(aGroup(id, slug)));
  let head = EMPTY_HEAD;
  for (const { id: member } of members) {
    const join = { kind: 'join', member, author: member, uid: `join ${member}`, key: `s:join:${member}:1` } as const;
    const entry = entryAfter(join, id, head, START);
    head = headAfter(entry);
    void disk.write(putMembership(membershipOf(id, member)), moveHint(id, head));
    void logs.write(putEntry(entry));
  }
}

/** The user with this name. */
export function userNamed(name: string, color: number): User {
  const id = asUser(name);
  return { id, name, nameKey: name, color, passwordHash: null, admin: false, bot: false, disabled: false, keyVersion: 1, createdAt: START };
}

const aGroup = (id: GroupId, slug: string) => ({
  id,
  kind: 'group' as const,
  people: null,
  number: 1,
  slug,
  name: slug,
  topic: '',
  open: true,
  archived: false,
  codeMac: slug,
  codeSealed: slug,
  codeExpiresAt: null,
  codeUsesLeft: null,
  createdAt: START,
});

const membershipOf = (group: GroupId, user: UserId): Membership => ({
  group,
  user,
  in: true,
  role: user === 'ann' ? 'moderator' : 'member',
  rev: 1,
  by: user,
  lined: true,
  at: START,
  mark: 0,
  level: 'mentions',
  hidden: null,
  ceding: false,
});
