/** Something that is not as it should be though the server serves: for everybody the part, for the operator what it is. */
export type Degradation = {
  readonly part: 'disk' | 'workers' | 'forwarding' | 'retention' | 'reviews' | 'ledger';
  readonly words: string;
};
