import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { t } from '../language/text.ts';
import { actionsOf, type FoldedMessage, usesOf } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import type { ActionInput } from '../messages/actions/forms.ts';
import { acknowledge } from '../messages/actions/operations.ts';
import { authorJson } from '../messages/presenter.ts';
import { datesIn } from '../text/dates.ts';

/** The longest time that one call waits, s: clients give up a call after 60 s. */
export const MAX_WAIT_S = 50;
/** Calls of one account that wait at once, in this process. */
const MAX_WAITING = 10;

const CHOICE = 'answer';
const COMMENT = 'comment';
const dates = datesIn('UTC');

type Option = { readonly id: string; readonly label: string; readonly style: ActionInput['style'] };

/** The actions of a question: one of the options is chosen, once, by one of `who`. `hasComments`: whoever answers may add a text. */
export const questionActions = (options: readonly Option[], who: ActionInput['who'], hasComments: boolean): ActionInput[] =>
  options.map((option) => ({
    ...{ ...option, who, choice: CHOICE, uses: 'once', show: 'names', locked: false },
    fields: hasComments ? [{ id: COMMENT, label: 'Comment', type: 'text', optional: true, multiline: true }] : [],
  }));

/**
 * The answer to a question that this account has asked: null until there is one. What was written with it is for the asker alone. With that the answer is
 * taken note of, so that nobody waits for it. Errors: `notFound`, `unavailable`.
 */
export async function readAnswer(core: Core, at: GroupAccess, seq: number) {
  const folded = await readMessage(core, at.group.id, seq);
  const use = actionsOf(folded).flatMap((action) => (action.choice === CHOICE ? (usesOf(folded, action.id) ?? []) : []))[0];
  if (!use) return null;
  const [act] = await core.store.log.range(at.group.id, use.last.seq, use.last.seq);
  if (act?.kind !== 'act') return null;
  const isMine = folded.message.author === at.user.id;
  if (isMine) await acknowledge(core, at, seq, act.action, act.seq);
  const profiles = await core.directory.profiles([act.author]);
  return {
    ...{ option: act.action, label: act.label, by: authorJson(act.author, profiles), at: dates.iso(act.at) },
    comment: (isMine && act.values?.[COMMENT]) || null,
  };
}

type Answer = Awaited<ReturnType<typeof readAnswer>>;

/** As readAnswer, but waits for it, `seconds` at most. Errors: also `tooMany`. */
export async function awaitAnswer(core: Core, at: GroupAccess, seq: number, seconds: number): Promise<Answer> {
  if (seconds === 0) return readAnswer(core, at, seq);
  const bucket = `mcp-wait:${at.user.id}`;
  const waitMs = core.rateLimiter.take(bucket, MAX_WAITING / MAX_WAIT_S, MAX_WAITING);
  if (waitMs > 0) throw tooMany(t`Too many calls wait for an answer: ${MAX_WAITING} at most.`, waitMs);
  try {
    return await firstAnswer(core, at, seq, seconds * 1000);
  } finally {
    core.rateLimiter.giveBack(bucket);
  }
}

/** Reads at the beginning, with each entry about the message, and at the end, since an event may be lost. */
async function firstAnswer(core: Core, at: GroupAccess, seq: number, ms: number): Promise<Answer> {
  let next = Promise.withResolvers<void>();
  let isOver = false;
  const stop = await core.bus.subscribe(at.group.id, (event) => {
    const isAbout = event.type === 'entries' && event.entries.some((entry) => 'target' in entry && entry.target === seq);
    if (isAbout || event.type === 'head') next.resolve();
  });
  const timer = setTimeout(() => {
    isOver = true;
    next.resolve();
  }, ms);
  try {
    for (;;) {
      const wait = next.promise;
      const answer = await readAnswer(core, at, seq);
      if (answer || isOver) return answer;
      await wait;
      next = Promise.withResolvers<void>();
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Whether a message is a question of ask_people. */
export const isQuestion = (folded: FoldedMessage): boolean => actionsOf(folded).some(({ choice }) => choice === CHOICE);
