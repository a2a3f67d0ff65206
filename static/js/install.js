// A button in the foot of the rail installs the app, where the browser offers that.
import { byId } from './dom.js';

const button = byId('install');
let offer = null;

function show(event) {
  offer = event;
  button.hidden = !offer;
}

if (button) {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault(); // no banner over the page
    show(event);
  });
  addEventListener('appinstalled', () => show(null));
  button.addEventListener('click', async () => {
    const { outcome } = await offer.prompt();
    if (outcome) show(null); // an offer can be used once
  });
}
