/** A peer, or `undefined` where this runtime is too old for it. */
export async function peer(name) {
  try {
    return await import(name);
  } catch (error) {
    console.log(`  ${name} does not load on Node ${process.version}: ${error.message}`);
    return undefined;
  }
}
