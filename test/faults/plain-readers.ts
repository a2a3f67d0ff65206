import { aboutOf, type EntryJson, isGone, type MessageJson, textOf } from './entries.ts';
import type { Ledger } from './ledger.ts';
import { Reader } from './reader.ts';
import type { Named } from './readers.ts';
import { RowStream } from './rows.ts';
import { GROUP, MESSAGES, type Person, type World } from './world.ts';

type Known = { readonly reader: Reader; readonly entries: readonly EntryJson[] };

/** A shell. Its lines carry no cursor: it finds its place by what they say, for which it looks at what another reader was told. */
export function textReader(world: World, { name, person, firstServer }: Named, known: Known): Reader {
  const { ledger } = world;
  let position = 0;
  let rest = '';
  /** Compares what is whole with what should be there. */
  const advance = (): void => {
    for (let entry = known.entries[position]; entry !== undefined; entry = known.entries[position]) {
      const wanted = textsOf(entry, ledger).map((text) => `${text}\n`);
      const found = wanted.find((text) => rest.startsWith(text)) ?? '';
      if (found === '' && wanted.length > 0) {
        const isOnTheWay = wanted.some((text) => text.startsWith(rest));
        ledger.expect(isOnTheWay, () => `${name} heard ${JSON.stringify(rest.slice(0, 300))}, not #${position + 1}: ${wanted}`);
        return;
      }
      rest = rest.slice(found.length);
      position += 1;
    }
  };
  const begin = async () => ({ path: `${GROUP}/events?as=text&after=${position}` });
  const take = (text: string): void => {
    rest += text;
    advance();
  };
  /** All that has come is compared before the rest, which is not whole, is forgotten. */
  const end = async (): Promise<void> => {
    for (let before = -1; before < position && rest.includes('\n'); ) {
      await known.reader.reach(position + 1);
      before = position;
      advance();
    }
    rest = '';
  };
  const reached = (): number => {
    advance(); // of what is not said here only the other reader hears
    return position;
  };
  const understanding = { begin, take, end, position: reached, hasHeartbeat: false, beside: known.reader };
  return new Reader(world, name, person.credentials, understanding, firstServer);
}

/** What may be said of an entry; nothing of some kinds. Whoever reads after the text is gone reads another than who read before. */
function textsOf(entry: EntryJson, ledger: Ledger): string[] {
  const about = aboutOf(entry);
  const original = `${ledger.texts.get(about)}${entry.kind === 'edit' ? ' (put right)' : ''}`;
  const bodies = [isGone(entry) ? original : (entry.body ?? ''), ...(ledger.mayBeErased.has(about) ? ['(erased)'] : [])];
  return [...new Set(bodies.flatMap((body) => textOf(entry, body) ?? []))];
}

/** A browser without JavaScript: each document shows the newest and goes on until it ends, then comes the next. Keeps the seqs of all. */
export function frameReader(world: World, { name, person, firstServer }: Named): { reader: Reader; documents: number[][] } {
  const documents: number[][] = [];
  const rows = new RowStream();
  const { ledger } = world;
  const begin = async () => {
    if (documents.length > 0) await ledger.messages(2); // a browser takes a second to load it again
    return { path: `${GROUP}/live` };
  };
  const end = (): void => void documents.push(rows.next());
  const understanding = { begin, take: (text: string) => rows.take(text), end, position: () => rows.last, hasHeartbeat: true };
  return { reader: new Reader(world, name, person.credentials, understanding, firstServer), documents };
}

/** Somebody who pages through the history while it grows, again and again: no page has a hole, and none says anything twice. */
export async function walkPages(world: World, person: Person): Promise<void> {
  const { ledger } = world;
  for (let after = 0; !ledger.isOver; ) {
    const page = await historyAfter(person, after);
    const isRow = (one: MessageJson, index: number): boolean =>
      one.seq > (page[index - 1]?.seq ?? after) && one.n === (page[0]?.n ?? 0) + index;
    ledger.expect(page.every(isRow), () => `a page of the history after #${after} is not in order: ${page.map(({ seq, n }) => [seq, n])}`);
    ledger.count('pages of history read');
    after = page.length < 200 ? 0 : (page.at(-1)?.seq ?? 0);
    await ledger.messages(20);
  }
}

/** Up to 200 messages. */
export async function historyAfter(person: Person, after: number): Promise<MessageJson[]> {
  const answer = await person.insist({ path: `${MESSAGES}?after=${after}&limit=200`, headers: { Accept: 'application/json' } });
  if (answer.status !== 200) throw new Error(`the history was answered ${answer.status}: ${answer.text}`);
  return answer.json<MessageJson[]>();
}
