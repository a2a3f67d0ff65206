import type { UserId } from '../ids.ts';

/** An input of an action. `max` (characters) and `multiline`: of a text; `options`: of a select. `initial`: the value that it begins with. */
export type ActionField = {
  readonly id: string;
  readonly label: string;
  readonly type: 'text' | 'date' | 'select' | 'member';
  readonly optional?: true;
  readonly hint?: string;
  readonly initial?: string;
  readonly max?: number;
  readonly multiline?: true;
  readonly options?: readonly { readonly text: string; readonly value: string }[];
};

/** A button or small form under a message of a bot. Absent fields have the defaults that are named here. */
export type Action = {
  /** Unique in its message, and part of a URL. */
  readonly id: string;
  readonly label: string;
  readonly style?: 'primary' | 'danger';
  /** For the bot, which gets it back with each use. Not secret. */
  readonly value?: string;
  /** What a used action says in place of its label: `Approved`. */
  readonly done?: string;
  /** The question that is asked before. */
  readonly confirm?: string;
  readonly fields?: readonly ActionField[];
  /** Who may use it; anyone in the group by default. */
  readonly who?: 'moderators' | readonly UserId[];
  /** How often: once in all, once for each person, or without a limit. */
  readonly uses: 'once' | 'person' | 'many';
  /** What others than the bot learn of its uses: who, how many, or nothing. */
  readonly show: 'names' | 'count' | 'nobody';
  /** Actions of a message with the same choice share their uses: one of them is chosen. */
  readonly choice?: string;
  /** No more uses. */
  readonly locked?: true;
  /** Of a poll: nobody answers a use. `close`: its use ends those of all options. */
  readonly poll?: 'option' | 'close';
  readonly original?: Original;
  readonly integration?: Integration;
};

/**
 * What an action is called in the format of another chat in which it was posted: its bot gets that back. `block`: what is around it (Slack: block_id or
 * callback_id). `value`: where that of the action had to be cut. `fields`: by the id of a field. Readers of the message do not see it.
 */
export type Original = {
  readonly action: string;
  readonly block?: string;
  readonly value?: string;
  readonly fields?: Readonly<Record<string, string>>;
};

/**
 * A URL that a use calls in place of the bot's webhook (Mattermost). `context`: what is sent there, an object as JSON, since its names may be anything.
 * Secret: both may have passwords of the bot. `dataSource`: where the options of a `select` come from.
 */
export type Integration = {
  readonly url: string;
  readonly context?: string;
  readonly type: 'button' | 'select';
  readonly dataSource?: string;
};

/** An action without what is for its bot alone. */
export function publicAction({
  original: _original,
  integration: _integration,
  ...action
}: Action): Omit<Action, 'original' | 'integration'> {
  return action;
}

/** The uses of an action of a message, kept as long as the message has an action with this id. */
export type ActionUses = {
  readonly action: string;
  readonly count: number;
  /** Everybody who used it, in the order of their first uses. */
  readonly by: readonly UserId[];
  /** The last `act` entry. */
  readonly last: { readonly seq: number; readonly by: UserId; readonly at: number };
  /** Seq: the bot has answered the uses up to this one. */
  readonly answered?: number;
};

/**
 * A person, or another bot, has used an action. `label`, `value`: of the action, as it was then. `values`: by the id of a field. `bot`: the author of the
 * message. `hidden`: who it was is for the bot and that person only. `integrated`: it calls the URL of the action. Scrubbing removes what was written.
 */
export type Acted = {
  readonly kind: 'act';
  readonly target: number;
  readonly action: string;
  readonly label: string;
  readonly value?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly original?: Original;
  readonly bot: UserId;
  readonly hidden?: true;
  readonly integrated?: true;
  readonly scrubbed?: true;
};

/** The bot has answered the uses of an action up to the entry `act` (seq), without changing its message. */
export type Acknowledged = { readonly kind: 'ack'; readonly target: number; readonly action: string; readonly act: number };

/** The uses with one more. A bot does not wait for its own answer. */
export function withUse(
  uses: readonly ActionUses[],
  { action, bot, author, seq, at }: Acted & { readonly author: UserId; readonly seq: number; readonly at: number },
): ActionUses[] {
  const last = { seq, by: author, at };
  const answered = author === bot ? { answered: seq } : {};
  const known = uses.find((one) => one.action === action);
  if (!known) return [...uses, { action, count: 1, by: [author], last, ...answered }];
  const by = known.by.includes(author) ? known.by : [...known.by, author];
  return uses.map((one) => (one === known ? { ...known, count: known.count + 1, by, last, ...answered } : one));
}

/** The uses after the bot has answered those of one action, or of all, up to an entry. */
export const withAnswer = (uses: readonly ActionUses[], upTo: number, action?: string): ActionUses[] =>
  uses.map((one) => (action === undefined || one.action === action ? { ...one, answered: Math.max(one.answered ?? 0, upTo) } : one));

/** Whether the bot has not answered the last use yet. */
export const isWaiting = ({ last, answered = 0 }: ActionUses): boolean => last.seq > answered;
