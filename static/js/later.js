// What few readers need: app.js loads this script when it is first used, or when the page is one that it is for (see on-demand.js).
import './copying.js';
import './emoji-picker.js';
import './lightbox.js';
import './notification-settings.js';
import './passkeys.js';
import './scheduling.js';
import './share.js';
import './switcher.js';
