import { sizeText } from '../../files/file.ts';
import { daysText } from '../../retention/rules.ts';
import { storageFigures } from '../../retention/storage.ts';
import type { Session } from '../command.ts';

/** Prints what the site takes, and what takes most. */
export async function storage({ core, out }: Session): Promise<void> {
  const figures = await storageFigures(core);
  const { files, disk, retention, quotas } = figures;
  const quota = (bytes: number): string => (bytes === 0 ? 'none' : sizeText(bytes));
  const share = ({ name, files: count, bytes }: { name: string; files: number; bytes: number }): string =>
    `  ${sizeText(bytes).padStart(9)}  ${String(count).padStart(6)}  ${name}`;
  const text = [
    `database   ${sizeText(figures.database)} (${figures.store})`,
    `files      ${files.files}, ${sizeText(files.bytes)}`,
    ...(disk ? [`disk       ${sizeText(disk.free)} free of ${sizeText(disk.size)}`] : []),
    `messages   ${figures.messages} in ${figures.groups} groups and ${figures.direct} direct conversations`,
    `retention  ${daysText(retention.days)}, direct messages ${daysText(retention.direct)}; on legal hold: ${figures.held}`,
    `quotas     each person ${quota(quotas.person)}, the site ${quota(quotas.site)}`,
    ...(figures.people.length > 0 ? ['files by person:', ...figures.people.map(share)] : []),
    ...(figures.largest.length > 0 ? ['files by group:', ...figures.largest.map(share)] : []),
  ];
  out.write(figures, text.join('\n'));
}
