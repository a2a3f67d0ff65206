import type { Answer } from '../helpers/client.ts';
import type { Dice } from './dice.ts';
import { MESSAGES, type Person, type World } from './world.ts';

/** Changes by the forms of the pages, or by the JSON API. */
type Hand = 'form' | 'api';

type Target = { readonly seq: number; readonly text: string };
type Act = 'edit' | 'erase' | 'unerase' | 'react' | 'unreact';

const EMOJI = '👍';
const FORM = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' };
const API = { Accept: 'application/json', 'Content-Type': 'application/json' };

/** With a seeded probability edits, likes and erases the last message in sequence; repeats each request until it is acknowledged. */
export async function change(world: World, person: Person, hand: Hand, target: Target, dice: Dice): Promise<void> {
  const acts: Act[] = [];
  if (dice.chance(0.15)) acts.push('edit');
  if (dice.chance(0.1)) acts.push('react');
  if (dice.chance(0.03)) acts.push('unreact');
  if (dice.chance(0.08)) acts.push('erase');
  if (acts.includes('erase') && dice.chance(0.5)) acts.push('unerase');
  for (const act of acts) await perform(world, person, hand, target, act);
}

async function perform({ ledger }: World, person: Person, hand: Hand, { seq, text }: Target, act: Act): Promise<void> {
  const fate = ledger.fateOf(seq, text);
  if (act === 'erase') ledger.mayBeErased.add(seq);
  const answer = await person.insist({ ...(hand === 'form' ? byForm : byApi)(seq, text, act), isPatient: true });
  if (act === 'unerase' && answer.status === 403) return ledger.count('erasures that it was too late to take back');
  const isDone = answer.status === (hand === 'form' ? 303 : 200);
  ledger.expect(isDone, () => `${act} of #${seq} by ${hand} was answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  ledger.count(`acknowledged: ${act}`);
  settle(fate, act, text, person.name);
  if (hand === 'api') ledger.expect(shows(answer, fate), () => `${act} of #${seq} was answered with something else: ${answer.text}`);
}

const edited = (text: string): string => `${text} (put right)`;

function settle(fate: { body: string; erased: boolean; reactions: Set<string> }, act: Act, text: string, who: string): void {
  if (act === 'edit') fate.body = edited(text);
  if (act === 'erase' || act === 'unerase') fate.erased = act === 'erase';
  if (act === 'react') fate.reactions.add(who);
  if (act === 'unreact') fate.reactions.delete(who);
}

function shows(answer: Answer, fate: { body: string; erased: boolean }): boolean {
  const { erased, body } = answer.json<{ erased: boolean; body: string }>();
  return erased === fate.erased && (erased || body === fate.body);
}

function byForm(seq: number, text: string, act: Act) {
  const fields: Record<Act, Record<string, string>> = {
    edit: { body: edited(text) },
    erase: { do: 'erase' },
    unerase: { do: 'unerase' },
    react: { emoji: EMOJI, on: '1' },
    unreact: { emoji: EMOJI, on: '0' },
  };
  const last = act === 'react' || act === 'unreact' ? 'reactions' : act;
  return { path: `${MESSAGES}/${seq}/${last}`, method: 'POST', headers: FORM, body: new URLSearchParams(fields[act]).toString() };
}

function byApi(seq: number, text: string, act: Act) {
  const path = `${MESSAGES}/${seq}`;
  switch (act) {
    case 'edit':
      return { path, method: 'PATCH', headers: API, body: JSON.stringify({ body: edited(text) }) };
    case 'erase':
      return { path, method: 'DELETE', headers: API };
    case 'unerase':
      return { path: `${path}/unerase`, method: 'POST', headers: API };
    case 'react':
    case 'unreact':
      return { path: `${path}/reactions/${encodeURIComponent(EMOJI)}`, method: act === 'react' ? 'PUT' : 'DELETE', headers: API };
    default:
      throw act satisfies never;
  }
}
