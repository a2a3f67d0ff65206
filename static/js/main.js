// The page's own script: imports every module. lib/views/assets.ts serves all of it with htmx and hyperscript as one file.
import './timeline.js';
import './position.js';
import './reading.js';
import './stream.js';
import './trouble.js';
import './composer.js';
import './editing.js';
import './completion.js';
import './drafts.js';
import './tabs.js';
import './notifications.js';
import './waiting.js';
import './offline.js';
import './install.js';
import './home.js';
import './on-demand.js';
