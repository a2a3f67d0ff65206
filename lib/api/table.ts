import { clientsTable } from './clients-table.ts';
import { doorsTable } from './doors-table.ts';
import { groupsTable } from './groups-table.ts';
import { keepingTable } from './keeping-table.ts';
import { messagesTable } from './messages-table.ts';
import type { Operation } from './operation.ts';
import { placesTable } from './places-table.ts';
import { postingTable } from './posting-table.ts';
import { serverTable } from './server-table.ts';
import { upkeepTable } from './upkeep-table.ts';

/** All that a program can ask for. The examples hold when they are sent in this order. */
export const OPERATIONS: readonly Operation[] = [
  ...groupsTable,
  ...postingTable,
  ...messagesTable,
  ...upkeepTable,
  ...placesTable,
  ...doorsTable,
  ...clientsTable,
  ...keepingTable,
  ...serverTable,
];
