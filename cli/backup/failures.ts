import { CliFailure, exitCodes } from '../parts.ts';

/** What an operator reads where the system refuses something. */
export type Explanation = {
  /** Such as `the backup cannot be taken`. */
  readonly what: string;
  readonly todo: string;
  /** Where bytes are written to, and what to do when it has no room for them. */
  readonly room: { readonly directory: string; readonly todo: string };
};

/** An error of the system as the end of a command. Any other stays as it is: it is a defect, or says itself what to do. */
export function explained(error: unknown, { what, todo, room }: Explanation): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new CliFailure(exitCodes.failed, `there is no room left in ${room.directory}`, [
      room.todo,
    ]);
  if (code === undefined || syscall === undefined) return error;
  return new CliFailure(exitCodes.failed, `${what}: ${message}`, [todo]);
}
