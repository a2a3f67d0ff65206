import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { StoreUnavailable } from '../../errors.ts';
import { traceFields } from '../../logger.ts';
import type { Resolve } from '../../outbound/name-lookup.ts';
import { type OutboundResponse, send } from '../../outbound/request.ts';
import { addressesOf, DestinationRefused, parseTarget } from '../../outbound/ssrf-guard.ts';
import { type Trace, traceFrom, traceparent } from '../../trace.ts';
import { sign } from '../signing.ts';
import { answerAction } from './answer.ts';
import { answerCommand, tellUnanswered } from './answer-privately.ts';
import type { Attempt, Delivery } from './deliveries-port.ts';
import { answerIntegration, integrationCall } from './integration.ts';
import { type NoPayload, type Payload, payloadOf } from './payload.ts';
import { ACTION_EVENT, COMMAND_EVENT, INTEGRATION_EVENT, type Webhook } from './port.ts';
import { postReply, postTimeout } from './reply.ts';
import { type Result, retryAfterIn } from './retry.ts';
import { secretsNow } from './secrets.ts';

type AttemptOptions = {
  /** The time limit of a whole request: lookup, connection and response. */
  readonly timeoutMs: number;
  readonly resolve?: Resolve | undefined;
  /** Aborts the request because this server stops. */
  readonly stop: AbortSignal;
};

/** How much of a response is stored, in bytes. */
const MAX_KEPT_BYTES = 1024;

/** Sends a delivery once, and posts the response. Rejects only with StoreUnavailable: every failure of the bot or the network is a result. */
export async function attempt(core: Core, delivery: Delivery, webhook: Webhook | undefined, options: AttemptOptions): Promise<Result> {
  const isOff = webhook !== undefined && webhook.disabled !== null && delivery.event !== INTEGRATION_EVENT;
  const request = isOff ? { reason: 'The webhook is disabled.' } : await requestOf(core, delivery, webhook);
  if ('reason' in request) return { kind: 'dropped', reason: request.reason };
  const { payload } = request;
  const [at, startedAt] = [core.now(), performance.now()];
  const trace = traceFrom('', core.random);
  const note = (status: number | null, error: string | null, answer?: OutboundResponse): Attempt => {
    const ms = Math.round(performance.now() - startedAt);
    core.logger.debug({ delivery: delivery.id, bot: delivery.bot, status, error, ms, ...traceFields(trace) }, 'webhook called');
    const excerpt = answer && !payload.isErased ? excerptOf(answer) : null;
    return { at, status, ms, error, answer: excerpt, ...(answer && { answerBytes: answer.body.length }) };
  };
  try {
    const result = await resultOf(core, delivery, payload, await call(core, delivery, request, trace, options), note);
    if (result.kind === 'failed') await noteFailure(core, delivery, payload);
    return result;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    if (options.stop.aborted) return { kind: 'stopped' };
    if (error instanceof DestinationRefused) return { kind: 'refused', attempt: note(null, error.message) };
    const attempt = note(null, problemIn(error, options.timeoutMs));
    await noteFailure(core, delivery, payload);
    if (isTimeout(error) && webhook && !payload.isErased) await postTimeout(core, payload.at, delivery, webhook, options.timeoutMs);
    return { kind: 'failed', attempt };
  }
}

/** Somebody waits for the answer to a command: they are told after the first attempt. */
async function noteFailure(core: Core, delivery: Delivery, { at }: Payload): Promise<void> {
  if (delivery.event === COMMAND_EVENT && delivery.tries === 0) await tellUnanswered(core, at, delivery);
}

/** What is to be sent, and where. `secrets`: it is signed with these. */
export type Request = { readonly url: string; readonly secrets: readonly string[]; readonly payload: Payload };

/**
 * The request of a delivery as it is now: to the URL of an action, or to the webhook of its bot, whose secrets sign both. A bot without a webhook has no
 * secrets. `key`: see payloadOf.
 */
export async function requestOf(
  core: Core,
  delivery: Delivery,
  webhook: Webhook | undefined,
  key?: (bot: User) => string,
): Promise<Request | NoPayload> {
  const secrets = webhook ? secretsNow(core, webhook) : [];
  if (delivery.event === INTEGRATION_EVENT) {
    const called = await integrationCall(core, delivery);
    return 'reason' in called ? called : { url: called.url, secrets, payload: called.payload };
  }
  if (!webhook) return { reason: 'The bot no longer has a webhook.' };
  const payload = await payloadOf(core, delivery, key);
  return 'reason' in payload ? payload : { url: webhook.url, secrets, payload };
}

async function call(
  core: Core,
  delivery: Delivery,
  { url: target, secrets, payload }: Request,
  trace: Trace,
  options: AttemptOptions,
): Promise<OutboundResponse> {
  const signal = AbortSignal.any([options.stop, AbortSignal.timeout(options.timeoutMs)]);
  const url = parseTarget(target);
  const addresses = await addressesOf(url, core.config, { resolve: options.resolve, signal });
  const body = JSON.stringify(payload.body);
  return send({ url, addresses, body, headers: headersOf(core, delivery, secrets, body, trace), signal });
}

/** The headers of a delivery, signed with the current time; without secrets it has no signature. */
export const headersOf = (
  core: Core,
  { id }: Delivery,
  secrets: readonly string[],
  body: string,
  trace: Trace,
): Readonly<Record<string, string>> => ({
  'Content-Type': 'application/json; charset=utf-8',
  'User-Agent': 'Parley',
  ...(secrets.length === 0 ? { 'webhook-id': id } : sign(secrets, id, Math.floor(core.now() / 1000), body)),
  traceparent: traceparent(trace),
});

/** What becomes of a response, by event; those of all others are posted. */
const RESPONSES: Readonly<Record<string, typeof postReply>> = {
  ...{ [ACTION_EVENT]: answerAction, [COMMAND_EVENT]: answerCommand, [INTEGRATION_EVENT]: answerIntegration },
};

type Note = (status: number, error: string | null, answer: OutboundResponse) => Attempt;

async function resultOf(core: Core, delivery: Delivery, { at }: Payload, answer: OutboundResponse, note: Note): Promise<Result> {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const respond = RESPONSES[delivery.event] ?? postReply;
    const { seq, problem } = await respond(core, at, delivery, answer);
    return { kind: 'delivered', attempt: note(status, problem ?? cutNote(answer), answer), reply: seq };
  }
  if (status === 410) return { kind: 'gone', attempt: note(status, 'The URL responded 410 Gone.', answer) };
  const why =
    status >= 300 && status < 400
      ? `The URL redirects (${status}); redirects are not followed. Set the new URL.`
      : `The URL responded ${status}.`;
  return { kind: 'failed', attempt: note(status, why, answer), retryAfterMs: retryAfterIn(answer.retryAfter, core.now()) };
}

const cutNote = ({ isCut }: OutboundResponse): string | null => (isCut ? 'The response was too long and was not posted.' : null);

function excerptOf({ body, encoding }: OutboundResponse): string | null {
  if (body.length === 0) return null;
  if (!/^(identity)?$/i.test(encoding)) return `(${encoding.slice(0, 40)}, ${body.length} bytes)`;
  const text = new TextDecoder().decode(body.subarray(0, MAX_KEPT_BYTES), { stream: true }).replaceAll('\0', '');
  return new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_KEPT_BYTES), { stream: true }); // replacement characters may have made it longer
}

/** Describes an error without secrets: errors of Node.js contain at most an address. */
function problemIn(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'The request failed.';
  const cause = causeOf(error);
  if (isTimeout(error)) return `No complete response within ${timeoutMs / 1000} s.`;
  return cause.message.slice(0, 200);
}

const causeOf = (error: Error): Error => (error.name === 'AbortError' && error.cause instanceof Error ? error.cause : error);

const isTimeout = (error: unknown): boolean => error instanceof Error && causeOf(error).name === 'TimeoutError';
