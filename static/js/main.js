// The page's own script: imports every module. lib/views/assets.ts serves all of it with htmx and hyperscript as one file.
import './timeline.js';
import './reading.js';
import './stream.js';
import './trouble.js';
import './composer.js';
import './editing.js';
import './completion.js';
import './drafts.js';
import './tabs.js';
import './notifications.js';
import './notification-settings.js';
import './offline.js';
import './copying.js';
import './passkeys.js';
import './home.js';
import './switcher.js';
