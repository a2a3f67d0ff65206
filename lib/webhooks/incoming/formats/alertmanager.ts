import type { RichContentInput } from '../../../markup/rich-content.ts';
import { link, plain, short } from './markup.ts';
import { firstText, type HeaderOf, type JsonObject, lines, numberIn, objectIn, objectsIn, type Parsed, textIn, timeIn } from './read.ts';

const MAX_ALERTS = 20;

/** Alertmanager's webhook (version 4), whose format Grafana also uses: one card per alert, with its summary and source. */
export function alertmanager(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  if (!Array.isArray(value.alerts) || (textIn(value.version) ?? textIn(value.receiver) ?? textIn(value.groupKey)) === undefined)
    return undefined;
  const alerts = objectsIn(value.alerts);
  const firing = alerts.filter(({ status }) => status !== 'resolved').length;
  const left = alerts.length - MAX_ALERTS + numberIn(value.truncatedAlerts);
  return {
    icon: firing > 0 ? '🔥' : '✅',
    text: headline(value, firing, alerts.length),
    cards: [...alerts.slice(0, MAX_ALERTS).map(alertCard), ...(left > 0 ? [{ text: `${left} more` }] : [])],
  };
}

/** The title, as in Alertmanager's own templates: `[FIRING:2] name`. */
function headline(value: JsonObject, firing: number, all: number): string {
  const labels = objectIn(value.groupLabels);
  const common = objectIn(value.commonLabels);
  const name = firstText(value.title, labels.alertname, common.alertname, ...Object.values(labels)) ?? `${all} alerts`;
  const state = firing > 0 ? `FIRING:${firing}` : `RESOLVED:${all}`;
  const title = /^\[(?:firing|resolved)/i.test(name) ? name : `[${state}] ${name}`;
  return `**${link(title, value.externalURL)}**`;
}

function alertCard(alert: JsonObject): object {
  const [labels, notes] = [objectIn(alert.labels), objectIn(alert.annotations)];
  const isResolved = alert.status === 'resolved';
  const summary = firstText(notes.summary, notes.title, notes.message);
  const description = firstText(notes.description, notes.message);
  const links = [
    { text: 'Source', url: alert.generatorURL },
    { text: 'Runbook', url: notes.runbook_url },
    { text: 'Dashboard', url: alert.dashboardURL },
    { text: 'Panel', url: alert.panelURL },
    { text: 'Silence', url: alert.silenceURL },
    { text: 'Picture', url: alert.imageURL },
  ];
  return {
    title: firstText(labels.alertname, summary) ?? 'Alert',
    url: alert.generatorURL,
    text: lines(
      summary && plain(summary),
      description === summary ? undefined : description && plain(description),
      labelLine(labels),
      valueLine(alert),
    ),
    actions: links.filter(({ url }) => textIn(url)),
    footer: isResolved ? 'resolved' : (textIn(alert.status) ?? 'firing'),
    at: timeIn(isResolved ? (alert.endsAt ?? alert.startsAt) : alert.startsAt),
    color: isResolved ? 'good' : severityColor(textIn(labels.severity)),
  };
}

const severityColor = (severity: string | undefined): string => (/^(?:warn|info|none)/i.test(severity ?? '') ? 'warning' : 'danger');

function labelLine(labels: JsonObject): string | undefined {
  const pairs = Object.entries(labels)
    .filter(([name]) => name !== 'alertname' && !name.startsWith('__'))
    .slice(0, 20)
    .map(([name, value]) => `${short(name, 60)}=${short(value, 200)}`);
  return pairs.length > 0 ? `-# ${pairs.join(', ')}` : undefined;
}

/** Grafana's measured values. */
function valueLine({ values, valueString }: JsonObject): string | undefined {
  const pairs = Object.entries(objectIn(values))
    .slice(0, 10)
    .map(([name, value]) => `${short(name, 60)} = ${short(value, 60)}`);
  if (pairs.length > 0) return `-# ${pairs.join(', ')}`;
  return textIn(valueString) === undefined ? undefined : `-# ${short(valueString, 300)}`;
}
