import { Dice } from './dice.ts';

/** `sqlite`: one server on the embedded store. `mongo`: two servers on MongoDB and Redis. */
export type StoreKind = 'sqlite' | 'mongo';

/** A momentary fault of a server or a reader, by index. */
export type Blow =
  | { readonly kind: 'kill' | 'stop' | 'clock'; readonly server: number }
  /** The connection ends after this number of further bytes, at any position in a frame. */
  | { readonly kind: 'cut'; readonly reader: number; readonly bytes: number };

/** A fault; it lasts until this number of `messages` was acknowledged or of `refusals` received. */
export type Fault =
  | Blow
  | { readonly kind: 'pause'; readonly reader: number; readonly messages: number }
  /** A reader pauses until the server closes its connection. */
  | { readonly kind: 'flood'; readonly reader: number }
  /** Another process holds the write lock of the database file. */
  | { readonly kind: 'lock'; readonly refusals: number }
  /** A server is killed as soon as it has acknowledged a message in a group where nobody else writes. */
  | { readonly kind: 'acknowledged'; readonly server: number }
  /** A server's clock is two hours ahead while files are uploaded: to another server, where there is one. */
  | { readonly kind: 'ahead'; readonly server: number; readonly messages: number }
  /** A process without workers receives SIGHUP during an upload. */
  | { readonly kind: 'hangUp'; readonly messages: number }
  /** A server is killed when it has changed a group and not yet written so in the group's log. */
  | { readonly kind: 'change'; readonly what: GroupChange }
  | { readonly kind: 'redis'; readonly how: 'kill' | 'freeze'; readonly messages: number; readonly during: Blow }
  | { readonly kind: 'clients'; readonly type: 'normal' | 'pubsub' }
  /** Only the server that all writers use loses Redis. */
  | { readonly kind: 'publisher'; readonly server: number; readonly messages: number }
  /** Redis and MongoDB at the same time. */
  | { readonly kind: 'outage'; readonly how: 'kill' | 'freeze'; readonly refusals: number }
  | { readonly kind: 'mongo'; readonly how: 'kill' | 'freeze'; readonly refusals: number; readonly during: Blow };

export type GroupChange = 'rename' | 'topic' | 'archive';

/** A fault, and the number of acknowledged messages between the previous fault and it. */
export type Step = { readonly after: number; readonly fault: Fault };

/** Number of stream readers that faults apply to; see participants.ts. */
const STREAM_READERS = 7;
const SERVERS: Readonly<Record<StoreKind, number>> = { sqlite: 1, mongo: 2 };

type Deal = (dice: Dice, servers: number) => Fault;
const reader = (dice: Dice): number => dice.int(0, STREAM_READERS - 1);
const cut = (dice: Dice): Blow => ({ kind: 'cut', reader: reader(dice), bytes: dice.int(1, 20_000) });
const onServer =
  (kind: 'kill' | 'stop' | 'clock') =>
  (dice: Dice, servers: number): Blow => ({ kind, server: dice.int(0, servers - 1) });
const blow = (dice: Dice, servers: number): Blow => dice.pick([cut, onServer('kill'), onServer('stop'), onServer('clock')])(dice, servers);

const ALWAYS: readonly Deal[] = [
  onServer('kill'),
  onServer('kill'),
  onServer('stop'),
  onServer('clock'),
  cut,
  cut,
  (dice) => ({ kind: 'pause', reader: reader(dice), messages: dice.int(50, 200) }),
  (dice) => ({ kind: 'flood', reader: reader(dice) }),
  (dice, servers) => ({ kind: 'acknowledged', server: dice.int(0, servers - 1) }),
  (dice, servers) => ({ kind: 'ahead', server: dice.int(0, servers - 1), messages: dice.int(20, 60) }),
  (dice) => ({ kind: 'change', what: dice.pick<GroupChange>(['rename', 'topic', 'archive']) }),
];

const redis =
  (how: 'kill' | 'freeze'): Deal =>
  (dice, servers) => ({ kind: 'redis', how, messages: dice.int(20, 100), during: blow(dice, servers) });
const mongo =
  (how: 'kill' | 'freeze'): Deal =>
  (dice, servers) => ({ kind: 'mongo', how, refusals: dice.int(4, 12), during: blow(dice, servers) });
const clients =
  (type: 'normal' | 'pubsub'): Deal =>
  () => ({ kind: 'clients', type });

const outage =
  (how: 'kill' | 'freeze'): Deal =>
  (dice) => ({ kind: 'outage', how, refusals: dice.int(4, 12) });
const publisher: Deal = (dice, servers) => ({ kind: 'publisher', server: dice.int(0, servers - 1), messages: dice.int(20, 100) });

const MONGO: readonly Deal[] = [
  ...[redis('kill'), redis('freeze'), clients('normal'), clients('pubsub'), publisher],
  ...[mongo('kill'), mongo('freeze'), outage('kill'), outage('freeze')],
];

const DECKS: Readonly<Record<StoreKind, readonly Deal[]>> = {
  sqlite: [...ALWAYS, (dice) => ({ kind: 'lock', refusals: dice.int(2, 6) }), (dice) => ({ kind: 'hangUp', messages: dice.int(20, 60) })],
  mongo: [...ALWAYS, ...MONGO],
};

/** The endless schedule: a pure function of seed and store. Every kind of fault occurs once before any kind repeats. */
export function* schedule(seed: string, store: StoreKind): Generator<Step, never> {
  const dice = new Dice(`schedule ${store} ${seed}`);
  for (;;) for (const deal of dice.shuffle(DECKS[store])) yield { after: dice.int(5, 60), fault: deal(dice, SERVERS[store]) };
}
