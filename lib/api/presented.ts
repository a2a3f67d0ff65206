import type { meJson } from '../accounts/me.ts';
import type { commandJson, ownCommandJson } from '../commands/routes.ts';
import type { boostJson, messagesJson } from '../compat/campfire/presenter.ts';
import type { draftEndJson, draftEventJson, draftJson } from '../drafts/presenter.ts';
import type { listedJson } from '../groups/list.ts';
import type { groupJson, invitationJson, memberJson, membershipJson } from '../groups/presenter.ts';
import type { settingsJson } from '../groups/settings-routes.ts';
import type { problemJson } from '../http/reply.ts';
import type { versionJson } from '../messages/edit-history-routes.ts';
import type { ephemeralJson } from '../messages/ephemeral/presenter.ts';
import type { messageJson } from '../messages/presenter.ts';
import type { markRead } from '../messages/read-mark.ts';
import type { savedJson, saveStateJson } from '../messages/saved-routes.ts';
import type { followedJson, followJson } from '../messages/threads/followed-presenter.ts';
import type { markThreadRead } from '../messages/threads/follows.ts';
import type { personJson } from '../people/presenter.ts';
import type { scheduledJson } from '../scheduled/presenter.ts';
import type { hitJson } from '../search/routes.ts';
import type { healthJson, readinessJson } from '../site/routes.ts';
import type { discordMessage, receiptJson, refusalJson } from '../webhooks/incoming/responses.ts';
import type { Sample } from './schemas.ts';

type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>;

/** The return types of the presenters, by schema. */
type Presented = {
  Message: Result<typeof messageJson>;
  Draft: Result<typeof draftJson>;
  DraftEvent: Result<typeof draftEventJson>;
  DraftEndEvent: Result<typeof draftEndJson>;
  Scheduled: Result<typeof scheduledJson>;
  Version: Result<typeof versionJson>;
  ReadMark: Result<typeof markRead>;
  SaveState: Result<typeof saveStateJson>;
  FollowState: Result<typeof followJson>;
  ThreadReadMark: Result<typeof markThreadRead>;
  Command: Result<typeof commandJson>;
  OwnCommand: Result<typeof ownCommandJson>;
  Ephemeral: Result<typeof ephemeralJson>;
  Group: Result<typeof groupJson>;
  MyGroup: Result<typeof listedJson>;
  ManagedGroup: Result<typeof settingsJson>;
  Member: Result<typeof memberJson>;
  Membership: Result<typeof membershipJson>;
  Me: Result<typeof meJson>;
  Person: Result<typeof personJson>;
  Invitation: Result<typeof invitationJson>;
  Problem: Result<typeof problemJson>;
  Health: Result<typeof healthJson>;
  Readiness: Result<typeof readinessJson>;
  WebhookReceipt: Result<typeof receiptJson>;
  WebhookError: Result<typeof refusalJson>;
  DiscordMessage: Result<typeof discordMessage>;
  CampfireMessage: Result<typeof messagesJson>[number];
  CampfireBoost: Result<typeof boostJson>;
};

type Primitive = string | number | boolean | null | undefined;

/** The type without `readonly`, as Zod infers it. */
type Plain<T> = T extends Primitive
  ? T
  : T extends readonly (infer E)[]
    ? Plain<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Plain<T[K]> }
      : T;

/** The paths of fields that a presenter returns and its schema does not have. A schema without named fields accepts all. */
type Undescribed<P, S, At extends string = ''> = P extends Primitive
  ? never
  : P extends readonly (infer E)[]
    ? S extends readonly (infer F)[]
      ? Undescribed<E, NonNullable<F>, `${At}[]`>
      : never
    : string extends keyof S
      ? never
      : { [K in keyof P & string]: K extends keyof S ? Undescribed<P[K], NonNullable<S[K]>, `${At}.${K}`> : `${At}.${K}` }[keyof P &
          string];

/** The difference between a presenter's type (P) and a schema's (S): the path of an undescribed field, or ` has another type`. `never` if they agree. */
export type Drift<P, S> = [Plain<P>] extends [S] ? Undescribed<P, S> : ' has another type';

type Drifts = { [N in keyof Presented]: `${N}${Drift<Presented[N], Sample<N>>}` }[keyof Presented];
type Saved = Drift<Result<typeof savedJson>, Sample<'SavedPage'>['results'][number]>;
type Followed = Drift<Result<typeof followedJson>, Sample<'ThreadPage'>['results'][number]>;
type Found = Drift<Result<typeof hitJson>, Sample<'SearchPage'>['results'][number]>;

type Fits<T extends never> = T;
/** A compile error here means that a presenter differs from its schema; the message names the schema and the field. */
export type Conformity = Fits<Drifts> | Fits<`SavedPage${Saved}`> | Fits<`ThreadPage${Followed}`> | Fits<`SearchPage${Found}`>;
