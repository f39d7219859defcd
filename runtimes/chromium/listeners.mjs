// Keeps a list of the listeners of each target, which a page does not tell. Loaded before the library.
const { addEventListener, removeEventListener } = EventTarget.prototype;
const listening = (globalThis[Symbol.for("corral.runtimes.listeners")] ??= new WeakMap());

export function listenersOf(target, type) {
  return (listening.get(target) ?? [])
    .filter((entry) => entry.type === type)
    .map((entry) => entry.listener);
}

const isCapturing = (options) =>
  typeof options === "boolean" ? options : options?.capture === true;

function entryOf(target, type, listener, options) {
  const capture = isCapturing(options);
  return (listening.get(target) ?? []).find(
    (entry) => entry.type === type && entry.listener === listener && entry.capture === capture,
  );
}

function forget(target, entry) {
  const entries = listening.get(target) ?? [];
  if (entries.includes(entry)) entries.splice(entries.indexOf(entry), 1);
}

if (addEventListener.name !== "addKnown") {
  EventTarget.prototype.addEventListener = function addKnown(type, listener, options) {
    const target = this ?? globalThis;
    const { once, signal } = typeof options === "object" && options !== null ? options : {};
    if (listener === null || listener === undefined || signal?.aborted === true) {
      return addEventListener.call(target, type, listener, options);
    }
    if (entryOf(target, type, listener, options) !== undefined) return undefined;
    const entry = { type, listener, capture: isCapturing(options), called: undefined };
    entry.called = function called(event) {
      if (once === true) forget(target, entry);
      return typeof listener === "function"
        ? listener.call(this, event)
        : listener.handleEvent(event);
    };
    if (!listening.has(target)) listening.set(target, []);
    listening.get(target).push(entry);
    if (signal !== undefined) {
      addEventListener.call(signal, "abort", () => forget(target, entry), { once: true });
    }
    return addEventListener.call(target, type, entry.called, options);
  };
  EventTarget.prototype.removeEventListener = function removeKnown(type, listener, options) {
    const target = this ?? globalThis;
    const entry = entryOf(target, type, listener, options);
    if (entry === undefined) return removeEventListener.call(target, type, listener, options);
    forget(target, entry);
    return removeEventListener.call(target, type, entry.called, options);
  };
}
