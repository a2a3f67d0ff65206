import { type RecordedText, recordedIn } from '../../language/recorded.ts';
import { t } from '../../language/text.ts';

/** What is recorded in English about deliveries and webhooks, and why a URL is refused: see the other files of this folder, and lib/outbound. */
export const RECORDED: readonly RecordedText[] = [
  () => t`The log has no such entry.`,
  () => t`The group or the bot no longer exists.`,
  () => t`The message is erased.`,
  () => t`The bot is disabled.`,
  () => t`The bot is no longer in the group.`,
  () => t`The bot no longer has a webhook.`,
  () => t`The webhook is disabled.`,
  () => t`All deliveries have failed for five days.`,
  (attempts) => t`Given up after ${attempts} attempts.`,
  () => t`The request could not be made; see the log of the server.`,
  () => t`The request failed.`,
  (seconds) => t`No complete response within ${seconds} s.`,
  () => t`The URL responded 410 Gone.`,
  (status) => t`The URL responded ${status}.`,
  (status) => t`The URL redirects (${status}); redirects are not followed. Set the new URL.`,
  (why) => t`The URL responded: ${why}`,
  () => t`The response was too long and was not posted.`,
  (why) => t`The response was not posted: ${recordedReason(why)}`,
  (status) => t`only a response with status 200 is, and this is a ${status}.`,
  (encoding) => t`its Content-Encoding is ${encoding}: send it uncompressed.`,
  () => t`it is HTML: send text/plain or text/markdown.`,
  () => t`it has no Content-Type.`,
  () => t`a file cannot be shown to one person only.`,
  (type) => t`its Content-Type is ${type}.`,
  () => t`it is not a JSON object, though its Content-Type says JSON.`,
  (fields) => t`its JSON has none of ${fields}.`,
  () => t`its JSON has no content to show.`,
  (length) => t`The URL must start with http:// or https:// and have at most ${length} characters.`,
  () => t`The URL must not contain a user name or password.`,
  (host, address) => t`${host} is not a public address (${address}). ALLOW_OUTGOING can allow it.`,
  (host, code) => t`${host} could not be resolved (${code}).`,
  (host) => t`${host} has no address (ENOTFOUND).`,
  (host) => t`${host} has no address.`,
];

const shown = recordedIn(RECORDED);

/** A recorded reason or error in the current language. */
export function recordedReason<T extends string | null>(recorded: T): T | string {
  return recorded === null ? recorded : shown(recorded);
}
