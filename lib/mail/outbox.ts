import type { Core, MailOutbox } from '../core.ts';
import { type Random, randomId } from '../ids.ts';
import { currentLanguage } from '../language/current.ts';
import type { Secrets } from '../secrets.ts';
import type { Store } from '../store/port.ts';
import type { MailJob } from './job.ts';

type Parts = {
  readonly store: Pick<Store, 'mails'>;
  readonly secrets: Secrets;
  readonly now: () => number;
  readonly random: Random;
  readonly isOn: boolean;
};

/** The queue of mails in the store: nothing is lost with a process, and several processes share the sending. */
export function openMailOutbox({ store, secrets, now, random, isOn }: Parts): MailOutbox {
  const listeners = new Set<() => void>();
  return {
    isOn,
    async enqueue(job, id = randomId(random, 20)) {
      if (!isOn) return;
      const at = now();
      await store.mails.insert({
        id,
        sealed: secrets.seal(JSON.stringify({ language: currentLanguage(), ...job })),
        due: at,
        tries: 0,
        createdAt: at,
        rev: 1,
      });
      for (const listener of listeners) listener();
    },
    onEnqueued(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Undefined when no key opens it. */
export function jobIn({ secrets }: Pick<Core, 'secrets'>, sealed: string): MailJob | undefined {
  const opened = secrets.open(sealed);
  return opened === undefined ? undefined : JSON.parse(opened);
}
