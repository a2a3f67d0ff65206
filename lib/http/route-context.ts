import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { Sidebar } from '../groups/sidebar.ts';
import type { GroupId } from '../ids.ts';
import type { Hub } from '../live/hub.ts';
import type { Views } from '../views/render.ts';

/** The dependencies of every routes file. */
export type RouteContext = {
  readonly core: Core;
  readonly views: Views;
  readonly hub: Hub;
  /** The list of groups beside a page of this user; `current`: the group that the page is about. Errors: StoreUnavailable. */
  readonly readSidebar: (user: User, current: GroupId | undefined) => Promise<Sidebar>;
};
