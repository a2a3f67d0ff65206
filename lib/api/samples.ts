import type { Sample } from './schemas.ts';

// The data of the examples. A test creates these people and groups, sends the examples in the order of the tables and expects exactly these responses.

/** The bot that sends the requests; Ann sends those that need a person. */
export const BOT = { id: 'dep10y0000000000', name: 'deploy', bot: true };
export const ANN = { id: 'ann0000000000000', name: 'Ann' };
export const BOB = { id: 'b0b0000000000000', name: 'Bob' };
export const EVE = { id: 'eve0000000000000', name: 'Eve' };
export const GROUP = { id: 'te4m000000000000', number: 2, slug: 'team', name: 'Team' };
/** Open to all; Ann joins it. */
export const GARDEN = { id: 'g4rden0000000000', number: 3, slug: 'garden', name: 'Garden' };

/** The world's own messages: two of the bot, of which the second has an action, and one of Bob. */
export const SEQ = { edited: 5, erased: 6, bobs: 7 } as const;

export const AT = '2026-01-02T12:00:00.000Z';
/** A time that is still to come. */
export const LATER = '2026-01-03T12:00:00.000Z';

/** What no example can know beforehand. */
export const MINTED = {
  request: '7k2m9x4p1q8r5s3t6v0w2y4z7a',
  group: '3h8w1n5c7e2g9k4m',
  code: 'k3v9-x2mq-7r4t',
  prefix: 'Xk3pQ9',
  file: '5d2f8b0c6r4t1v7x',
  direct: '9c1k4s7d2f5g8h3j',
  draft: '6n2v8x4q1r7t5w3y',
  ephemeral: '2b8d4f6h0k1m3p5r',
  scheduled: '1f6a9c3e7b2d8f4a5c0e6b9d',
  origin: 'https://chat.example.org',
};

const PLACE = `/groups/${GROUP.slug}`;
/** The messages that there are, by seq; between them are other lines of the log. */
const SEQS = [5, 6, 7, 11, 12, 13, 14, 15, 16];

/** The author of a message, without a display name. */
export const author = (user: { id: string; name: string; bot?: boolean }): Sample<'Message'>['author'] => ({
  ...{ id: user.id, name: user.name, display_name: user.name, bot: user.bot ?? false },
});

export function message(seq: number, body: string, more: Partial<Sample<'Message'>> = {}): Sample<'Message'> {
  return {
    ...{
      id: `${GROUP.id}-${seq}`,
      group: GROUP.slug,
      seq,
      n: SEQS.indexOf(seq) + 1,
      rev: seq,
      kind: 'message',
      at: AT,
      author: author(BOT),
      reply_to: null,
      thread: null,
    },
    ...{
      body,
      format: 'text',
      html: body,
      attachments: [],
      mentions: [],
      mentions_all: false,
      edited_at: null,
      erased: false,
      pinned: null,
      reactions: [],
      actions: [],
      command: null,
      url: `${PLACE}/messages/${seq}`,
    },
    ...more,
  };
}

/** As the answer to a post or an edit. */
export const written = (seq: number, body: string, more: Partial<Sample<'WrittenMessage'>> = {}): Sample<'WrittenMessage'> => ({
  ...message(seq, body),
  notified: [],
  ...more,
});

/** A text that calls Bob. */
export const calling = (seq: number, before: string, after: string): Sample<'WrittenMessage'> =>
  written(seq, `${before}@Bob${after}`, {
    html: `${before}<span class="mention" data-user="${BOB.id}">@Bob</span>${after}`,
    mentions: [BOB.id],
    notified: [BOB],
  });

export const edited = (seq: number, rev: number, body: string): Sample<'WrittenMessage'> => written(seq, body, { rev, edited_at: AT });
export const erased = (seq: number, rev: number): Sample<'Message'> => message(seq, '', { rev, erased: true });

/** The action under the bot's second message, as it is posted. */
export const OFFER = { id: 'approve', label: 'Approve', style: 'primary' } as const;

type State = Sample<'Message'>['actions'][number]['state'];
const unused: State = { open: true, count: 0, by: [], last: null, waiting: false };
/** By the bot itself, for which nobody waits. */
export const used: State = {
  ...{ open: false, count: 1, by: [{ id: BOT.id, name: BOT.name }], waiting: false },
  last: { by: { id: BOT.id, name: BOT.name }, at: AT },
};

/** The message with that action. */
export const offering = (rev: number, state = unused): Sample<'Message'> =>
  message(SEQ.erased, 'oops', { rev, actions: [{ ...OFFER, who: 'anyone', fields: [], uses: 'once', show: 'names', state }] });

/** Bob's message with a reaction, pinned by the bot or not. */
export const pinned = (rev: number, isPinned: boolean): Sample<'Message'> =>
  message(SEQ.bobs, 'Is 6 out?', {
    rev,
    author: author(BOB),
    reactions: [{ emoji: '🎉', by: [BOT.id] }],
    pinned: isPinned ? { by: { id: BOT.id, name: BOT.name }, at: AT } : null,
  });

export const group = (more: Partial<Sample<'Group'>> = {}): Sample<'Group'> => ({
  ...{
    ...GROUP,
    topic: 'What we ship',
    kind: 'group',
    open: false,
    archived: false,
    role: 'member',
    messages: 3,
    unread: 3,
    level: 'mentions',
    hidden: false,
    url: PLACE,
  },
  ...more,
});

/** For the answer in which Eve came or went. */
export const membership = (isIn: boolean): Sample<'Membership'> => ({
  ...{ group: GROUP.slug, ...EVE, bot: false, in: isIn },
  role: isIn ? 'member' : null,
});

export const member = (name: { id: string; name: string }, more: Partial<Sample<'Member'>> = {}): Sample<'Member'> => ({
  ...{
    ...name,
    display_name: name.name,
    avatar_url: null,
    status: null,
    color: 7,
    bot: false,
    admin: false,
    role: 'member',
    present: false,
    seen_at: null,
  },
  ...more,
});

export const problem = (status: number, title: string, code: string, detail: string, field?: string): Sample<'Problem'> => ({
  ...{ type: 'about:blank', title, status, code, detail },
  ...(field === undefined ? {} : { field }),
  request_id: MINTED.request,
});

export const NOTHING_HERE = problem(404, 'Not Found', 'notFound', 'Not found, or you do not have access.');

/** The one delivery of the bot's webhook; `DELIVERY` stands for its id. */
export const delivery = (): Sample<'Delivery'> => ({
  ...{ id: 'DELIVERY', event: 'posted', seq: 900, message: 900, reply: null, state: 'failed', reason: 'Given up after 8 attempts.' },
  ...{ created_at: AT, due: null, attempts: 1, status: 500, ms: 12, error: 'The URL responded 500.', group: GROUP.slug },
});

export const ATTEMPT = { at: AT, status: 500, ms: 12, error: 'The URL responded 500.', answer: null, bytes: 17 };
