import { Fault } from '../domain/faults.ts';

type Failure = NodeJS.ErrnoException | null;
type Done = (error: Failure) => void;
type DoneWith<T> = (error: Failure, value: T) => void;

/** The part of `node:fs` that is used, so that a test can put a failing or forgetful file system underneath. */
export type FileSystem = {
  open(path: string, flags: number, mode: number, done: DoneWith<number>): void;
  close(fd: number, done: Done): void;
  read(
    fd: number,
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: DoneWith<number>,
  ): void;
  writev(fd: number, buffers: readonly Buffer[], position: number, done: DoneWith<number>): void;
  fsync(fd: number, done: Done): void;
  ftruncate(fd: number, bytes: number, done: Done): void;
  fstat(fd: number, done: DoneWith<{ readonly size: number }>): void;
  mkdir(
    path: string,
    options: { readonly mode: number; readonly recursive: boolean },
    done: (error: Failure, firstMade?: string) => void,
  ): void;
  unlink(path: string, done: Done): void;
  readdir(path: string, done: DoneWith<string[]>): void;
  statfs(
    path: string,
    done: DoneWith<{ readonly bsize: number; readonly blocks: number; readonly bavail: number }>,
  ): void;
};

/** A callback call as a promise. */
export function call<T>(start: (done: (error: Failure, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** Turns whatever `work` throws into a `Fault`. */
export async function faulting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageFault(error);
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** The one place where an errno becomes a `Fault`. The cause is for the log: it names paths. */
export function storageFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  return new Fault(
    code === 'ENOSPC' || code === 'EDQUOT' ? 'storage-full' : 'storage-failed',
    undefined,
    {
      cause: error,
    },
  );
}
