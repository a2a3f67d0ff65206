import type { Operation } from './operation.ts';
import { accountTable } from './tables/account.ts';
import { actionsTable } from './tables/actions.ts';
import { campfireTable } from './tables/campfire.ts';
import { commandsTable } from './tables/commands.ts';
import { deliveriesTable } from './tables/deliveries.ts';
import { directTable } from './tables/direct.ts';
import { draftsTable } from './tables/drafts.ts';
import { ephemeralTable } from './tables/ephemeral.ts';
import { eventsTable } from './tables/events.ts';
import { filesTable } from './tables/files.ts';
import { groupsTable } from './tables/groups.ts';
import { invitationsTable } from './tables/invitations.ts';
import { membersTable } from './tables/members.ts';
import { messagesTable } from './tables/messages.ts';
import { pinsTable } from './tables/pins.ts';
import { pollsTable } from './tables/polls.ts';
import { postingTable } from './tables/posting.ts';
import { reactionsTable } from './tables/reactions.ts';
import { savedTable } from './tables/saved.ts';
import { scheduledTable } from './tables/scheduled.ts';
import { searchTable } from './tables/search.ts';
import { serverTable } from './tables/server.ts';
import { threadsTable } from './tables/threads.ts';
import { webhooksTable } from './tables/webhooks.ts';

/** All operations. The examples are valid when they are sent in this order. */
export const OPERATIONS: readonly Operation[] = [
  ...accountTable,
  ...groupsTable,
  ...membersTable,
  ...directTable,
  ...invitationsTable,
  ...postingTable,
  ...messagesTable,
  ...threadsTable,
  ...reactionsTable,
  ...pinsTable,
  ...commandsTable,
  ...actionsTable,
  ...ephemeralTable,
  ...savedTable,
  ...filesTable,
  ...searchTable,
  ...eventsTable,
  ...webhooksTable,
  ...deliveriesTable,
  ...campfireTable,
  ...serverTable,
  ...draftsTable,
  ...pollsTable,
  ...scheduledTable,
];
