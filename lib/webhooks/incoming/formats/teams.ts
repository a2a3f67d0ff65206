import type { RichContentInput } from '../../../markup/rich-content.ts';
import { type HeaderOf, type JsonObject, lines, objectIn, objectsIn, type Parsed, textIn } from './read.ts';

/** The formats of Microsoft Teams: a MessageCard (netdata, older senders), or Adaptive Cards as attachments (Alertmanager, Grafana). */
export function teams(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  if (isMessageCard(value)) return messageCard(value);
  const cards = cardsOf(value);
  return cards.length === 0 ? undefined : { text: textIn(value.text), cards: cards.map(adaptiveCard) };
}

export const isMessageCard = (value: JsonObject): boolean => /^MessageCard$/i.test(textIn(value['@type']) ?? '');

/** The Adaptive Cards among the attachments. */
export const cardsOf = ({ attachments }: JsonObject): JsonObject[] =>
  objectsIn(attachments)
    .filter(({ contentType }) => /adaptive/.test(textIn(contentType) ?? ''))
    .map(({ content }) => objectIn(content));

function messageCard(value: JsonObject): RichContentInput {
  const sections = objectsIn(value.sections, 20);
  return {
    text: undefined,
    cards: [
      {
        title: textIn(value.title) ?? textIn(value.summary),
        text: textIn(value.text),
        color: value.themeColor,
        actions: actionsOf(value.potentialAction),
      },
      ...sections.map((section) => ({
        author: { text: textIn(section.activityTitle) },
        title: textIn(section.title),
        text: lines(textIn(section.activitySubtitle), textIn(section.activityText), textIn(section.text)),
        fields: objectsIn(section.facts).map(({ name, value: said }) => ({ title: name, value: said, short: true })),
        color: value.themeColor,
        actions: actionsOf(section.potentialAction),
      })),
    ],
  };
}

const actionsOf = (actions: unknown): object[] =>
  objectsIn(actions, 20).flatMap((action) => {
    const [target] = objectsIn(action.targets, 1);
    return [{ text: action.name, url: target?.uri }];
  });

function adaptiveCard(content: JsonObject): object {
  const found: Found = { said: [], facts: [], links: [] };
  walk([...objectsIn(content.body), ...objectsIn(content.actions)], found, 0);
  const { url } = objectIn(content.selectAction);
  return {
    text: found.said.join('\n') || undefined,
    fields: found.facts,
    actions: url ? [...found.links, { text: url, url }] : found.links,
  };
}

type Found = { readonly said: string[]; readonly facts: object[]; readonly links: object[] };
const MAX_DEEP = 6;

/** Collects texts, facts and links from nested containers. */
function walk(elements: readonly JsonObject[], found: Found, depth: number): void {
  if (depth > MAX_DEEP) return;
  for (const element of elements) {
    const text = textIn(element.text);
    if (element.type === 'TextBlock' && text) found.said.push(isHeading(element) ? `**${text}**` : text);
    if (element.type === 'FactSet')
      for (const { title, value } of objectsIn(element.facts)) found.facts.push({ title, value: textIn(value) ?? '', short: true });
    if (element.type === 'Action.OpenUrl') found.links.push({ text: element.title, url: element.url });
    const shown = objectIn(element.card);
    for (const within of [element.items, element.columns, element.actions, element.body, shown.body, shown.actions])
      walk(objectsIn(within), found, depth + 1);
  }
}

const isHeading = ({ weight, style }: JsonObject): boolean => /^bolder$/i.test(textIn(weight) ?? '') || style === 'heading';
