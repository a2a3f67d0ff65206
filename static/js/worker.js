// The service worker, and the choice of notifications while a tab is open, which is stored in this browser for one account.
import { site, viewer } from './dom.js';

const OPEN = 'parley-notify';

/** Whether this browser supports what notifications need. */
export const isAble = isSecureContext && 'serviceWorker' in navigator && 'Notification' in globalThis && 'locks' in navigator;
export const worker = () => navigator.serviceWorker.register(`${site}/sw.js`).then(() => navigator.serviceWorker.ready);
export const isOpenChosen = () => localStorage.getItem(OPEN) === viewer && Notification.permission === 'granted';
export const chooseOpen = (isChosen) => (isChosen ? localStorage.setItem(OPEN, viewer) : localStorage.removeItem(OPEN));
