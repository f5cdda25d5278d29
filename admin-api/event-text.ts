export type LiveEvent = {
  /** The row of the ledger; null where there is none. */
  readonly seq: number | null;
  readonly agency: string | null;
  /** As it goes over the wire. */
  readonly text: string;
};

/** One event as HTML's specification of `EventSource` has it; JSON has no line breaks. */
export function textOf(name: string, data: object, id?: number): string {
  const line = id === undefined ? '' : `id: ${id}\n`;
  return `${line}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
