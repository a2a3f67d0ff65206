import { shownLabel } from '../http/user-agent.ts';
import { plural, t } from '../language/text.ts';
import type { SecurityEventName } from './event.ts';

/** A stored detail, and how it is shown: with the words that the pattern finds in it. */
type Form = readonly [pattern: RegExp, shown: (...words: string[]) => string];

const SECOND_FACTORS: readonly Form[] = [
  [/^authenticator app$/, () => t`authenticator app`],
  [/^passkey, (.+)$/, (label) => t`passkey, ${shownLabel(label)}`],
  [/^all$/, () => t`all`],
];
const TOKENS: readonly Form[] = [[/^incoming webhook (.+)$/, (token) => t`incoming webhook ${token}`]];

/** Details with words of this program. Others are names and addresses. */
const FORMS: Partial<Record<SecurityEventName, readonly Form[]>> = {
  account_created: [[/^bot$/, () => t`bot`]],
  login_failed: [
    [/^the account is disabled$/, () => t`the account is disabled`],
    [/^wrong code of the second factor$/, () => t`wrong code of the second factor`],
    [/^passkey$/, () => t`passkey`],
    [/^wrong current password, when changing it$/, () => t`wrong current password, when changing it`],
    [/^wrong current password, when changing the second factor$/, () => t`wrong current password, when changing the second factor`],
    [/^wrong current password, to connect (.+)$/, (provider) => t`wrong current password, to connect ${provider}`],
    [/^wrong current password, to disconnect (.+)$/, (provider) => t`wrong current password, to disconnect ${provider}`],
  ],
  login_new_browser: [[/^(.+)$/, (label) => shownLabel(label)]],
  second_factor_added: SECOND_FACTORS,
  second_factor_removed: SECOND_FACTORS,
  recovery_code_used: [[/^(\d+) left$/, (codes) => plural(Number(codes), 'left', 'left')]],
  token_created: TOKENS,
  token_revoked: TOKENS,
  program_disconnected: [
    [/^(.+), code used twice$/, (name) => t`${name}, since a code was used twice`],
    [/^(.+), refresh token used twice$/, (name) => t`${name}, since a refresh token was used twice`],
  ],
  address_changed: [
    [/^removed$/, () => t`removed`],
    [/^It was removed\.$/, () => t`It was removed.`],
    [/^The new one is (.+)\.$/, (address) => t`The new one is ${address}.`],
  ],
  webhook_secrets_changed: [
    [/^outgoing webhook created$/, () => t`outgoing webhook created`],
    [/^outgoing webhook removed$/, () => t`outgoing webhook removed`],
    [/^outgoing webhook rotated$/, () => t`outgoing webhook rotated`],
  ],
  sessions_ended: [[/^(\d+) sessions?$/, (count) => plural(Number(count), 'session')]],
};

/** The detail of an event in the current language: it is stored, logged and exported in English. */
export function detailText(event: SecurityEventName, detail: string): string {
  for (const [pattern, shown] of FORMS[event] ?? []) {
    const found = pattern.exec(detail);
    if (found) return shown(...found.slice(1));
  }
  return detail;
}
