/** See test/support/second-copy.ts. The query goes on to all that these import; see copies-plugin.mjs. */
export async function secondCopy() {
  const library = await import("../../src/index.ts?copy");
  const testing = await import("../../src/testing/index.ts?copy");
  return { library, testing };
}
