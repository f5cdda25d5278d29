import { threeDigits, times } from './statistics.ts';
import type { TrialResult } from './report.ts';
import type { Table } from './trial.ts';

type Values = Readonly<Record<string, number>>;

type Distance = {
  readonly what: string;
  readonly unit: string;
  readonly measured: string;
  /** What can't be saved, from the values of the trial of limits. */
  readonly floor: (values: Values) => number;
  readonly floorText: string;
};

const sum = (values: Values, ...names: readonly string[]) =>
  names.reduce((total, name) => total + (values[`limits.${name}`] ?? Number.NaN), 0);

/** What each trial can't do without. A copy in and one out of the kernel on the socket, and one to the page cache. */
const all: readonly Distance[] = [
  {
    what: 'put, aes128-gcm: server CPU',
    unit: 's/GiB',
    measured: 'put-aes128-gcm.waybill.cpu',
    floor: (values) =>
      sum(values, 'aes128PerGib', 'sha256PerGib', 'aes256PerGib', 'copyPerGib', 'copyPerGib'),
    floorText: 'open AES-128-GCM, SHA-256, seal AES-256-GCM, copy from socket and to page cache',
  },
  {
    what: 'get, aes128-gcm: server CPU',
    unit: 's/GiB',
    measured: 'get-aes128-gcm.waybill.cpu',
    floor: (values) => sum(values, 'openPerGib', 'aes128PerGib', 'copyPerGib', 'copyPerGib'),
    floorText: 'open AES-256-GCM, seal AES-128-GCM, copy from page cache and to socket',
  },
  {
    what: 'put, aes256-gcm: server CPU',
    unit: 's/GiB',
    measured: 'put-aes256-gcm.waybill.cpu',
    floor: (values) =>
      sum(values, 'aes256PerGib', 'sha256PerGib', 'aes256PerGib', 'copyPerGib', 'copyPerGib'),
    floorText: 'open AES-256-GCM, SHA-256, seal AES-256-GCM, copy from socket and to page cache',
  },
  {
    what: 'put of a small file, one after another: time',
    unit: 'ms/file',
    measured: 'put-small.waybill.ms',
    floor: (values) => sum(values, 'appendMs'),
    floorText: 'one fdatasync of an append',
  },
  {
    what: 'ledger row, one at a time: time',
    unit: 'ms/row',
    measured: 'ledger.msAlone',
    floor: (values) => sum(values, 'appendMs'),
    floorText: 'one fdatasync of an append',
  },
];

/** How far each trial is from what this machine can do; nothing where the limits were not measured. */
export function distances(trials: readonly Pick<TrialResult, 'findings'>[]): readonly Table[] {
  const values: Values = Object.assign({}, ...trials.map(({ findings }) => findings.values ?? {}));
  const lines = all.flatMap(({ what, unit, measured, floor, floorText }) => {
    const own = values[measured];
    const least = floor(values);
    if (own === undefined || Number.isNaN(least)) return [];
    return [[what, unit, threeDigits(own), threeDigits(least), times(own / least), floorText]];
  });
  if (lines.length === 0) return [];
  return [
    {
      title: 'How far from the physical limit',
      columns: ['what', 'unit', 'measured', 'limit', 'distance', 'the limit is'],
      lines,
      notes: ['Limits are of one core through node:crypto, and of this disk; trial limits.'],
    },
  ];
}
