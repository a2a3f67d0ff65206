// What few readers need: app.js loads this script when it is first used (see on-demand.js).
import './emoji-picker.js';
import './lightbox.js';
