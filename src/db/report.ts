interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => { channel(name: string): Channel } | undefined;
}

/**
 * Publishes on the diagnostics channel `corral` where the runtime has such channels. A warning that
 * nobody has subscribed to is printed.
 */
export function report(
  severity: "note" | "warning",
  kind: string,
  message: string,
  detail: unknown,
): void {
  const { process } = globalThis as { process?: NodeProcess };
  const channel = process?.getBuiltinModule?.("node:diagnostics_channel")?.channel("corral");
  if (channel?.hasSubscribers === true) channel.publish({ kind, message, detail });
  else if (severity === "warning") console.warn(`corral: ${message}`);
}
