/** Where the library says what nobody else would be told. */

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => { channel(name: string): Channel } | undefined;
}

/** What is told on the diagnostics channel `corral`. */
export interface Report {
  /** What kind of thing happened, in kebab-case: `late-rejection`, `stuck`, `open-group`. */
  readonly kind: string;
  /** One line for a person. */
  readonly message: string;
  /** The error, scope or task that it is about. */
  readonly detail: unknown;
}

/**
 * Publishes on the diagnostics channel `corral` where the runtime has such channels. A warning that
 * nobody has subscribed to is printed.
 */
export function report(severity: "note" | "warning", message: Report): void {
  const { process } = globalThis as { process?: NodeProcess };
  const channel = process?.getBuiltinModule?.("node:diagnostics_channel")?.channel("corral");
  if (channel?.hasSubscribers === true) channel.publish(message);
  else if (severity === "warning") console.warn(`corral: ${message.message}`);
}

/** What an error says, whatever was thrown. */
export function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "something that has no text";
  }
}
