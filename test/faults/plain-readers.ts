import { aboutOf, type EntryJson, isGone, type MessageJson, textOf } from './entries.ts';
import type { Ledger } from './ledger.ts';
import { Reader } from './reader.ts';
import type { Named } from './readers.ts';
import { RowStream } from './rows.ts';
import { GROUP, MESSAGES, type Person, type World } from './world.ts';

type Known = { readonly reader: Reader; readonly entries: readonly EntryJson[] };

/** A reader of the text stream. Its lines have no cursor, so it finds its position by comparing them with the entries of a JSON reader. */
export function textReader(world: World, { name, person, firstServer }: Named, known: Known): Reader {
  const { ledger } = world;
  let position = 0;
  let rest = '';
  /** Compares complete lines with the expected ones. */
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
  /** Compares the complete lines, then discards the incomplete rest. */
  const end = async (): Promise<void> => {
    for (let before = -1; before < position && rest.includes('\n'); ) {
      await known.reader.reach(position + 1);
      before = position;
      advance();
    }
    rest = '';
  };
  const reached = (): number => {
    advance(); // the text stream leaves out some entries, which only the JSON reader gets
    return position;
  };
  const understanding = { begin, take, end, position: reached, hasHeartbeat: false, beside: known.reader };
  return new Reader(world, name, person.credentials, understanding, firstServer);
}

/** The possible lines for an entry; none for some kinds. They depend on whether the text was scrubbed before it was read. */
function textsOf(entry: EntryJson, ledger: Ledger): string[] {
  const about = aboutOf(entry);
  const original = `${ledger.texts.get(about)}${entry.kind === 'edit' ? ' (put right)' : ''}`;
  const bodies = [isGone(entry) ? original : (entry.body ?? ''), ...(ledger.mayBeErased.has(about) ? ['(erased)'] : [])];
  return [...new Set(bodies.flatMap((body) => textOf(entry, body) ?? []))];
}

/** A browser without JavaScript: loads the live document again whenever it ends. Keeps the seqs of each document. */
export function frameReader(world: World, { name, person, firstServer }: Named): { reader: Reader; documents: number[][] } {
  const documents: number[][] = [];
  const rows = new RowStream();
  const { ledger } = world;
  const begin = async () => {
    if (documents.length > 0) await ledger.messages(2); // as a browser reloads after about 1 s
    return { path: `${GROUP}/live` };
  };
  const end = (): void => void documents.push(rows.next());
  const understanding = { begin, take: (text: string) => rows.take(text), end, position: () => rows.last, hasHeartbeat: true };
  return { reader: new Reader(world, name, person.credentials, understanding, firstServer), documents };
}

/** Pages through the growing history repeatedly: no page has a gap or a repetition. */
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
