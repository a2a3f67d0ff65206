import assert from 'node:assert/strict';
import type { UserId } from '../../lib/ids.ts';
import { type Entry, isFollowUp } from '../../lib/log/entry.ts';
import type { Call } from './caller.ts';
import { GROUP } from './environment.ts';
import type { Reader, Stay } from './reader.ts';
import type { Played } from './scenario.ts';
import { emptyState, lastOf, memberKey } from './state.ts';

/** Invariants of the log and of the callers' results, for every schedule. */
export function checkLog({ environment, calls }: Played): void {
  const { log } = environment;
  isDense(log);
  isOncePerKey(log);
  isAsTold(log, calls);
  isInOrderOfAnswers(log, calls);
  nothingRefusedIsThere(log, calls);
  rulesHold(log);
  rightsHold(environment.disk.changes);
}

/** Invariants of the events of each stream. */
export function checkStreams({ environment }: Played): void {
  for (const reader of environment.readers) {
    for (const stay of reader.stays) {
      hasNoGap(stay);
      saysTheLog(stay, environment.log);
      endsWithLeaving(stay, reader, environment.log);
    }
    endsRightly(reader, environment.log);
  }
  const late = environment.readers.slice(-2 * environment.users.length);
  for (const reader of late) isThereOrNot(reader, environment.log);
  for (const { stays } of late.slice(environment.users.length))
    assert.deepEqual(
      stays.flatMap(({ heard }) => heard),
      [],
      'from now on, not from before',
    );
}

const asText = (value: unknown): string => JSON.stringify(value);

function isDense(log: readonly Entry[]): void {
  let n = 0;
  for (const [index, entry] of log.entries()) {
    if (entry.kind === 'message') n += 1;
    assert.equal(entry.seq, index + 1, 'seq is dense');
    assert.equal(entry.n, n, `n counts messages: ${asText(entry)}`);
    assert.ok(entry.at >= (log[index - 1]?.at ?? 0), `at never falls: ${asText(entry)}`);
  }
  assert.equal(new Set(log.map(({ uid }) => uid)).size, log.length, 'every draft is written once at most');
}

function isOncePerKey(log: readonly Entry[]): void {
  const keys = log.flatMap(({ author, key }) => (key === undefined ? [] : [`${author} ${key}`]));
  assert.equal(new Set(keys).size, keys.length, 'every key of an author is there once at most');
}

/** Every acknowledged entry exists at the acknowledged seq. */
function isAsTold(log: readonly Entry[], calls: readonly Call[]): void {
  for (const { answer, body, key, what, user } of calls) {
    if (what !== 'post' || answer?.kind !== 'done') continue;
    const entry = log[(answer.seq ?? 0) - 1];
    assert.ok(
      entry?.kind === 'message' && entry.author === user.id && entry.key === key,
      `${asText({ answer, body })} is not in the log: ${asText(entry)}`,
    );
    assert.equal(entry.body, body);
    if (key === undefined)
      assert.equal(log.filter((one) => one.kind === 'message' && one.body === body).length, 1, `${body} is there once`);
  }
}

/** A request made after an acknowledgement gets a higher seq; so the requests of one caller are in order. */
function isInOrderOfAnswers(log: readonly Entry[], calls: readonly Call[]): void {
  for (const { body, key, highest, what } of calls) {
    if (what !== 'post' || key !== undefined) continue;
    const written = log.find((entry) => entry.kind === 'message' && entry.body === body);
    assert.ok(!written || written.seq > highest, `${body} is at ${written?.seq}, and ${highest} was told before`);
  }
}

function nothingRefusedIsThere(log: readonly Entry[], calls: readonly Call[]): void {
  const isIn = (text: string): boolean => log.some((entry) => 'body' in entry && entry.body === text);
  for (const { answer, body, key, what } of calls)
    if (answer?.kind === 'refused' && body !== undefined && key === undefined)
      assert.ok(!isIn(body), `${what} ${body} was refused (${answer.code}) and is there`);
  const allowed = counted(calls.filter(({ answer }) => answer?.kind !== 'refused').map(({ user, what }) => `${user.id} ${what}`));
  const there = counted(log.flatMap((entry) => (isFollowUp(entry) ? [`${entry.author} ${entry.kind} ${entry.target}`] : [])));
  for (const [what, count] of there) assert.ok(count <= (allowed.get(what) ?? 0), `${what} was refused and is there`);
}

function counted(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Each follow-up changes the state before it, and none changes an erased message. */
function rulesHold(log: readonly Entry[]): void {
  const reacted = new Set<string>();
  const erased = new Map<number, UserId>();
  for (const entry of log) {
    if (entry.kind === 'react' || entry.kind === 'unreact') {
      const key = `${entry.target} ${entry.author}`;
      assert.equal(reacted.has(key), entry.kind === 'unreact', `changes nothing: ${asText(entry)}`);
      assert.ok(!erased.has(entry.target), `of what is erased: ${asText(entry)}`);
      if (!reacted.delete(key)) reacted.add(key);
    }
    if (entry.kind === 'edit') assert.ok(!erased.has(entry.target), `of what is erased: ${asText(entry)}`);
    if (entry.kind === 'erase') assert.ok(!erased.has(entry.target), `erased twice: ${asText(entry)}`);
    if (entry.kind === 'erase') erased.set(entry.target, entry.author);
    if (entry.kind === 'unerase') assert.equal(erased.get(entry.target), entry.author, `nothing to take back: ${asText(entry)}`);
    if (entry.kind === 'unerase') erased.delete(entry.target);
  }
}

/**
 * After a `leave` of its author, or an `archive`, a message is only there if between the two the records allowed it again.
 * Replays every change that persists, to know the state at each time.
 */
function rightsHold(changes: readonly ((state: ReturnType<typeof emptyState>) => void)[]): void {
  const state = emptyState();
  const leftAt = new Map<UserId, number>();
  const allowedAt = new Map<UserId, number>();
  let [archivedAt, openAt] = [-1, 0];
  for (const [moment, change] of changes.entries()) {
    const length = state.logs.get(GROUP)?.size ?? 0;
    change(state);
    for (const user of state.users.keys()) if (state.memberships.get(memberKey(GROUP, user))?.in) allowedAt.set(user, moment);
    if (!state.groups.get(GROUP)?.archived) openAt = moment;
    if ((state.logs.get(GROUP)?.size ?? 0) === length) continue;
    const entry = lastOf(state, GROUP);
    if (entry?.kind === 'leave') leftAt.set(entry.member, moment);
    if (entry?.kind === 'archive') archivedAt = entry.on ? moment : -1;
    if (entry?.kind !== 'message' && !(entry && 'target' in entry)) continue;
    assert.ok((allowedAt.get(entry.author) ?? -1) >= (leftAt.get(entry.author) ?? -1), `its author had left: ${asText(entry)}`);
    assert.ok(openAt >= archivedAt, `the group was archived: ${asText(entry)}`);
  }
}

function hasNoGap({ after, authorisedAt, heard }: Stay): void {
  const seqs = heard.map(({ seq }) => seq);
  const [first] = seqs;
  if (first === undefined) return;
  if (after !== undefined) assert.equal(first, after + 1, `the stream begins after its cursor ${after}: ${seqs}`);
  else assert.ok(first <= (authorisedAt ?? 0) + 1, `the stream begins at ${first}; the log had ${authorisedAt} then`);
  for (const [index, seq] of seqs.entries()) assert.equal(seq, first + index, `each once, in order, none left out: ${seqs}`);
}

/** The text of a message that was erased, at whatever time, may be withheld. */
function saysTheLog({ heard }: Stay, log: readonly Entry[]): void {
  for (const { seq, json } of heard) {
    const entry = log[seq - 1];
    assert.ok(entry, `${seq} was said and is not in the log`);
    if (json) assert.equal(json.kind, entry.kind);
    const isErased = log.some((other) => other.kind === 'erase' && other.target === seq);
    if (json && entry.kind === 'message' && !entry.folded && !(isErased && json.body === '')) assert.equal(json.body, entry.body);
  }
}

/** A stream that was authorised before a `leave` of its user has no entry after it. */
function endsWithLeaving({ authorisedAt, heard }: Stay, { user }: Reader, log: readonly Entry[]): void {
  assert.ok(authorisedAt !== undefined || heard.length === 0, 'nobody is told anything before the rules let him in');
  const left = log.find((entry) => entry.kind === 'leave' && entry.member === user.id && entry.seq > (authorisedAt ?? 0));
  const last = heard.at(-1)?.seq ?? 0;
  assert.ok(!left || last <= left.seq, `${user.name} left at ${left?.seq}, was let in at ${authorisedAt}, and was told ${last}`);
}

/** A member who opens a stream at the end is authorised, and the stream stays open. */
function isThereOrNot({ user, state }: Reader, log: readonly Entry[]): void {
  const move = log.findLast((entry) => 'member' in entry && entry.member === user.id);
  assert.equal(state, move?.kind === 'join' ? 'open' : 'refused', `${user.name} came when all was at rest`);
}

function endsRightly(reader: Reader, log: readonly Entry[]): void {
  const { state, user, cursor } = reader;
  const moves = log.filter((entry) => (entry.kind === 'join' || entry.kind === 'leave') && entry.member === user.id);
  if (state === 'closed')
    assert.equal(log[(cursor ?? 0) - 1]?.kind, 'leave', 'a stream is closed by a leave only, which is its last entry');
  if (state === 'refused')
    assert.ok(
      moves.some(({ kind }) => kind === 'leave'),
      `${user.name} never left and was refused`,
    );
  if (state === 'open') assert.equal(moves.at(-1)?.kind, 'join', `${user.name} has left and still listens`);
  if (reader.isHonest) assert.equal(reader.resets, 0, 'no cursor that a stream gave is ever past the end');
}
