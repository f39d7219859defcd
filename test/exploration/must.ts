/** Asserts one thing of many orders, for which an assertion library would be too slow. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
