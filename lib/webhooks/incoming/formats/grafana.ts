import type { RichContentInput } from '../../../markup/rich-content.ts';
import { alertmanager } from './alertmanager.ts';
import { firstText, type HeaderOf, objectsIn, type Parsed, textIn } from './read.ts';

/** Grafana's webhooks: unified alerting, which extends Alertmanager's format; and legacy alerting (before version 9), with a rule and its matches. */
export function grafana(header: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  const { value } = parsed;
  const isGrafana = value.orgId !== undefined || value.ruleName !== undefined || value.ruleUrl !== undefined;
  if (!isGrafana) return undefined;
  const content = Array.isArray(value.alerts) ? alertmanager(header, { ...parsed, value: { version: '1', ...value } }) : legacy(parsed);
  return content && { name: 'Grafana', ...content };
}

function legacy({ value }: Parsed): RichContentInput | undefined {
  const title = firstText(value.title, value.ruleName);
  if (title === undefined) return undefined;
  const isOk = value.state === 'ok';
  return {
    icon: isOk ? '✅' : '🔥',
    cards: [
      {
        title,
        url: value.ruleUrl,
        text: textIn(value.message),
        fields: objectsIn(value.evalMatches, 20).map(({ metric, value: measured }) => ({
          title: metric,
          value: textIn(measured) ?? '',
          short: true,
        })),
        pictures: textIn(value.imageUrl) ? [{ text: 'Picture', url: value.imageUrl }] : [],
        footer: textIn(value.state),
        color: isOk ? 'good' : 'danger',
      },
    ],
  };
}
