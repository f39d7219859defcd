declare const process: { env: { NODE_ENV?: string } };

interface Deno {
  permissions: { querySync(asked: { name: "env"; variable: string }): { state: string } };
}

/**
 * Whether this is no production. Reading the environment may need a permission: not when something is loaded, and not
 * where a person would be asked for it.
 */
export function developing(): boolean {
  try {
    return (
      (globalThis as { Deno?: Deno }).Deno?.permissions.querySync({
        name: "env",
        variable: "NODE_ENV",
      }).state === "prompt" ||
      // In these words, for bundlers to replace it.
      process.env.NODE_ENV !== "production"
    );
  } catch {
    return true;
  }
}
