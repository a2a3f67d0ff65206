import { EARLY_ROUTES } from '../lib/composition/early-routes.ts';
import { listedRoutes } from '../lib/http/route-table.ts';
import { DEV_ROUTES, fastRoutes, LATE_ROUTES } from '../lib/routes.ts';

/*
 * Prints every route of the server in matching order: method, path, the file of its handler, and `fast` if it bypasses Koa's middleware.
 */
const fast = new Set(fastRoutes().map(({ method, pattern }) => `${method} ${pattern}`));
for (const { method, path, file } of listedRoutes([...EARLY_ROUTES, ...DEV_ROUTES, ...LATE_ROUTES])) {
  const mark = fast.has(`${method} ${path}`) ? '  fast' : '';
  console.log(`${method.padEnd(6)} ${path.padEnd(60)} lib/${file}${mark}`);
}
