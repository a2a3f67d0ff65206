import type { Core } from '../core.ts';
import type { Hub } from '../live/hub.ts';
import type { Views } from '../views/render.ts';

/** The dependencies of every routes file. */
export type RouteContext = {
  readonly core: Core;
  readonly views: Views;
  readonly hub: Hub;
};
