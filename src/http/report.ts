/** Where it is said what nobody else would be told: the diagnostics channel `corral`, as all of the library. */

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => { channel(name: string): Channel } | undefined;
}

function report(kind: string, message: string, detail: unknown): void {
  const { process } = globalThis as { process?: NodeProcess };
  const channel = process?.getBuiltinModule?.("node:diagnostics_channel")?.channel("corral");
  if (channel?.hasSubscribers === true) channel.publish({ kind, message, detail });
  else console.warn(`corral: ${message}`);
}

/** A response whose body nobody has read: its place was held for nothing. */
export function unread(url: string, why: string): void {
  report(
    "unread-body",
    `The body of ${url} was never read, and its place was taken back: ${why}`,
    url,
  );
}

/** Calls a function of the user that must not break what calls it. What it throws is reported. */
export function callback<T>(name: string, fn: ((it: T) => unknown) | undefined, it: T): void {
  if (fn === undefined) return;
  const failed = (error: unknown): void => {
    let text = "something that has no text";
    try {
      text = String(error);
    } catch {
      // It has none.
    }
    report("callback", `${name} threw: ${text}`, error);
  };
  try {
    const result = fn(it);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}
