import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { FileSystem } from './file-system.ts';

/** Kept while they are open: a handle that is collected closes its descriptor. */
const handles = new Map<number, FileHandle>();

async function openHandle(path: string, flags: number, mode: number): Promise<number> {
  const handle = await open(path, flags, mode);
  handles.set(handle.fd, handle);
  return handle.fd;
}

function handleOf(fd: number): FileHandle {
  const handle = handles.get(fd);
  if (handle === undefined) throw new Error(`descriptor ${fd} is not open here`);
  return handle;
}

/**
 * `node:fs` as a process under Node's permission model may use it: since January 2026 that model refuses `fs.fsync`
 * altogether, but not `FileHandle.sync`. Descriptors are those of handles; everything else is `node:fs`.
 */
export const sandboxedFileSystem: FileSystem = {
  open(path, flags, mode, done) {
    openHandle(path, flags, mode).then(
      (fd) => done(null, fd),
      (error: NodeJS.ErrnoException) => done(error, -1),
    );
  },
  close(fd, done) {
    const handle = handleOf(fd);
    handles.delete(fd);
    handle.close().then(() => done(null), done);
  },
  fsync(fd, done) {
    handleOf(fd)
      .sync()
      .then(() => done(null), done);
  },
  read: fs.read,
  writev: fs.writev,
  ftruncate: fs.ftruncate,
  fstat: fs.fstat,
  mkdir: fs.mkdir,
  unlink: fs.unlink,
  readdir: fs.readdir,
  statfs: fs.statfs,
};
