declare const process: { env: { NODE_ENV?: string } };

/** Whether this is no production. Reading the environment may need a permission: not when something is loaded. */
export function developing(): boolean {
  try {
    // In these words, for bundlers to replace it.
    return process.env.NODE_ENV !== "production";
  } catch {
    return true;
  }
}
