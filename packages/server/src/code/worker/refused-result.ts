/** What a function gave is not what its role asks for: neither a failure of ours, nor one that waiting cures. */
export class RefusedResult extends Error {
  override readonly name = 'RefusedResult';
}
