import type { LedgerEvent } from '../domain/events.ts';
import type { Unit } from '../database/units.ts';
import { noAgency } from './name-keys.ts';
import { holdingOf, namingParameters } from './name-members.ts';
import type { LedgerNames } from './names.ts';

/** What stands in a row in place of a name. */
export type NameInRow = { readonly name: string };

/** An event as its row has it: its names are commitments. */
export type SealedEvent = {
  readonly members: Readonly<Record<string, unknown>>;
  /** The commitment in its `path`, as the column beside the body has it. */
  readonly path: string | null;
};

type Naming = Pick<LedgerNames, 'commit' | 'has'>;

/** @param agency whose row it is, null for nobody's */
export async function sealEvent(
  unit: Unit,
  names: Naming,
  event: LedgerEvent,
  agency: string | null,
): Promise<SealedEvent> {
  const told = event as Readonly<Record<string, unknown>>;
  let members: Record<string, unknown> | undefined;
  let path = typeof told['path'] === 'string' ? told['path'] : null;
  const commit = (owner: string, name: string) => sealName(unit, names, owner, name);
  for (const member of Object.keys(told)) {
    const holding = holdingOf(member);
    if (holding === 'plain') continue;
    const sealed = await sealMember(holding, told, member, {
      agency: agency ?? noAgency,
      commit,
      names,
      unit,
    });
    if (sealed === told[member]) continue;
    members ??= { ...told };
    members[member] = sealed;
    if (member === 'path') path = (sealed as NameInRow).name;
  }
  return { members: members ?? told, path };
}

type Sealing = {
  readonly agency: string;
  readonly commit: (agency: string, name: string) => Promise<NameInRow>;
  readonly names: Naming;
  readonly unit: Unit;
};

async function sealMember(
  holding: 'path' | 'path-there' | 'url' | 'change',
  told: Readonly<Record<string, unknown>>,
  member: string,
  sealing: Sealing,
): Promise<unknown> {
  const value = told[member];
  switch (holding) {
    case 'path':
      return isName(value) ? sealing.commit(sealing.agency, value) : value;
    case 'path-there':
      return isName(value) ? sealing.commit(treeThere(told), value) : value;
    case 'url':
      return typeof value === 'string' ? sealUrl(value, sealing) : value;
    case 'change': {
      const path = pathOfChange(value);
      if (path === undefined) return value;
      return { ...(value as object), path: await sealing.commit(sealing.agency, path) };
    }
  }
}

/** In whose tree what was renamed is now. */
function treeThere({ toAgency }: Readonly<Record<string, unknown>>): string {
  return typeof toAgency === 'string' ? toAgency : noAgency;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function pathOfChange(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('path' in value)) return undefined;
  return isName(value.path) ? value.path : undefined;
}

async function sealName(
  unit: Unit,
  names: Naming,
  agency: string,
  name: string,
): Promise<NameInRow> {
  return { name: await names.commit(unit, await ownerOf(unit, names, agency, name), name) };
}

const inTreeOf = /^\/agencies\/([^/]+)\/./;

/** As the State sees it a name is of the tree that it is in, where that has any: who destroys those destroys this one. */
async function ownerOf(unit: Unit, names: Naming, agency: string, name: string): Promise<string> {
  const code = inTreeOf.exec(name)?.[1];
  return code !== undefined && code !== agency && (await names.has(unit, code)) ? code : agency;
}

/** Of a URL that names files its pieces, with the values of those parameters as names between them. */
async function sealUrl(url: string, { commit, names, unit }: Sealing): Promise<unknown> {
  const start = url.indexOf('?') + 1;
  if (start === 0) return url;
  const parameters = url.slice(start).split('&').map(partsOf);
  if (!parameters.some(isNaming)) return url;
  const said = parameters.find(({ name }) => name === 'agency');
  const code = said === undefined ? noAgency : decoded(said.value);
  const agency = code !== noAgency && (await names.has(unit, code)) ? code : noAgency;
  const pieces: (string | NameInRow)[] = [url.slice(0, start)];
  for (const [index, parameter] of parameters.entries()) {
    const { name, value, text } = parameter;
    const between = index === 0 ? '' : '&';
    if (!isNaming(parameter)) pieces.push(`${between}${text}`);
    else pieces.push(`${between}${name}=`, await commit(agency, decoded(value)));
  }
  return joined(pieces);
}

type Parameter = { readonly name: string; readonly value: string; readonly text: string };

function partsOf(text: string): Parameter {
  const equals = text.indexOf('=');
  if (equals === -1) return { name: text, value: '', text };
  return { name: text.slice(0, equals), value: text.slice(equals + 1), text };
}

function isNaming({ name, value }: Parameter): boolean {
  return namingParameters.has(decoded(name)) && value !== '';
}

/** As servers read a query; what is no such text stays as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

/** Texts that are neighbours become one. */
function joined(pieces: readonly (string | NameInRow)[]): readonly (string | NameInRow)[] {
  const result: (string | NameInRow)[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string')
      result[result.length - 1] = last + piece;
    else result.push(piece);
  }
  return result;
}
