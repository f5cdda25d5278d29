import type { LedgerEventName } from '../domain/events.ts';
import { closeHandle, fstat, fsetstat, fsync, open, read, write } from './operations/files.ts';
import {
  mkdir,
  opendir,
  readdir,
  realpath,
  remove,
  rename,
  rmdir,
  setstat,
  stat,
} from './operations/names.ts';
import { checkFileByHandle, checkFileByName, checkFileParamiko } from './operations/check-file.ts';
import { copyData } from './operations/copy-data.ts';
import {
  expandPath,
  fstatvfs,
  homeDirectory,
  limitsExtension,
  posixRename,
  statvfs,
  usersGroupsById,
} from './operations/extensions.ts';
import type { SftpContext } from './context.ts';
import { packet } from './protocol.ts';
import type { Reply } from './replies.ts';
import type { WireReader } from './wire.ts';

/** Reads its fields off the message and returns its one reply. Throws a `Fault` to refuse. */
export type Handler = (context: SftpContext, message: WireReader) => Reply | Promise<Reply>;

export type Operation = {
  /** As logs, the ledger and the counts of a session call it. */
  readonly name: string;
  /**
   * The ledger row that speaks of it. READ and WRITE are in the row of their file's CLOSE; what only looks at names or at
   * nothing is counted in the row of the session.
   */
  readonly event: LedgerEventName;
  readonly run: Handler;
};

/** Every request of version 3 that is served. One that is missing here is answered OP_UNSUPPORTED, links among them. */
export const operations: Readonly<Partial<Record<number, Operation>>> = {
  [packet.OPEN]: { name: 'open', event: 'file.opened.1', run: open },
  [packet.CLOSE]: { name: 'close', event: 'file.closed.1', run: closeHandle },
  [packet.READ]: { name: 'read', event: 'file.closed.1', run: read },
  [packet.WRITE]: { name: 'write', event: 'file.closed.1', run: write },
  [packet.LSTAT]: { name: 'lstat', event: 'session.closed.1', run: stat },
  [packet.STAT]: { name: 'stat', event: 'session.closed.1', run: stat },
  [packet.FSTAT]: { name: 'fstat', event: 'session.closed.1', run: fstat },
  [packet.SETSTAT]: { name: 'setstat', event: 'attributes.changed.1', run: setstat },
  [packet.FSETSTAT]: { name: 'fsetstat', event: 'file.closed.1', run: fsetstat },
  [packet.OPENDIR]: { name: 'opendir', event: 'directory.listed.1', run: opendir },
  [packet.READDIR]: { name: 'readdir', event: 'directory.listed.1', run: readdir },
  [packet.REMOVE]: { name: 'remove', event: 'file.removed.1', run: remove },
  [packet.MKDIR]: { name: 'mkdir', event: 'directory.created.1', run: mkdir },
  [packet.RMDIR]: { name: 'rmdir', event: 'directory.removed.1', run: rmdir },
  [packet.REALPATH]: { name: 'realpath', event: 'session.closed.1', run: realpath },
  [packet.RENAME]: { name: 'rename', event: 'entry.renamed.1', run: rename },
};

export type Extension = Operation & {
  /** The data of the extension pair in VERSION: its version, as OpenSSH does. Null: served, not advertised. */
  readonly version: string | null;
};

/** Every extended request that is served, by its name on the wire; VERSION advertises from the same rows. */
export const extensions: Readonly<Record<string, Extension>> = {
  'posix-rename@openssh.com': {
    name: 'posix-rename',
    version: '1',
    event: 'entry.renamed.1',
    run: posixRename,
  },
  'statvfs@openssh.com': { name: 'statvfs', version: '2', event: 'session.closed.1', run: statvfs },
  'fstatvfs@openssh.com': {
    name: 'fstatvfs',
    version: '2',
    event: 'session.closed.1',
    run: fstatvfs,
  },
  'fsync@openssh.com': { name: 'fsync', version: '1', event: 'file.closed.1', run: fsync },
  'lsetstat@openssh.com': {
    name: 'lsetstat',
    version: '1',
    event: 'attributes.changed.1',
    run: setstat,
  },
  'limits@openssh.com': {
    name: 'limits',
    version: '1',
    event: 'session.closed.1',
    run: limitsExtension,
  },
  'expand-path@openssh.com': {
    name: 'expand-path',
    version: '1',
    event: 'session.closed.1',
    run: expandPath,
  },
  'copy-data': { name: 'copy-data', version: '1', event: 'file.closed.1', run: copyData },
  'home-directory': {
    name: 'home-directory',
    version: '1',
    event: 'session.closed.1',
    run: homeDirectory,
  },
  'users-groups-by-id@openssh.com': {
    name: 'users-groups-by-id',
    version: '1',
    event: 'session.closed.1',
    run: usersGroupsById,
  },
  'check-file-name': {
    name: 'check-file-name',
    version: '1',
    event: 'file.closed.1',
    run: checkFileByName,
  },
  'check-file-handle': {
    name: 'check-file-handle',
    version: '1',
    event: 'file.closed.1',
    run: checkFileByHandle,
  },
  // The older draft's name, which paramiko sends and WinSCP looks for.
  'check-file': {
    name: 'check-file',
    version: '1',
    event: 'file.closed.1',
    run: checkFileParamiko,
  },
};

/** The names of everything served, for the counts of a session and the walk of the tests. */
export const servedOperations: readonly Operation[] = [
  ...Object.values(operations).filter((operation) => operation !== undefined),
  ...Object.values(extensions),
];
