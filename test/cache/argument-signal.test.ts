import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signalIn, withSignal } from "../../src/cache/argument-signal.ts";

const { signal } = new AbortController();
const { signal: other } = new AbortController();

class Options {
  signal = signal;
}

/** A place for no signal: what is there is an argument like any other. */
const withoutPlace: readonly (readonly unknown[])[] = [
  [[], [1], ["signal"], [null], [undefined], [{}], [{ a: 1 }], [[signal]], [() => signal]],
  [[signal, 1], [{ signal }, 1], [{ a: { signal } }], [new Options()], [new AbortController()]],
  [[{ signal: "SIGTERM" }], [{ signal: 1 }], [{ signal: null }], [{ signal: {} }]],
  [[{ signal: { aborted: false } }], [{ signal: new EventTarget() }]],
  [[Object.create({ signal })], [Object.assign([], { signal })]],
].flat();

describe("signalIn()", () => {
  test("finds the last argument, and the signal of a plain object that is the last", () => {
    expect(signalIn([signal])).toBe(signal);
    expect(signalIn([1, signal])).toBe(signal);
    expect(signalIn([other, signal])).toBe(signal);
    expect(signalIn([1, { signal }])).toBe(signal);
    expect(signalIn([1, { a: 1, signal }])).toBe(signal);
    expect(signalIn([Object.assign(Object.create(null), { signal })])).toBe(signal);
    expect(signalIn([runInNewContext("({ signal })", { signal })])).toBe(signal);
  });

  test("tells a signal by its shape", () => {
    const shaped = { aborted: false, addEventListener() {}, signal };
    expect(signalIn([shaped])).toBe(shaped);
    expect(signalIn([{ signal: shaped }])).toBe(shaped);
  });

  test.each(withoutPlace.map((args) => [args]))("finds none elsewhere: %o", (args) => {
    expect(signalIn(args)).toBe(undefined);
  });

  test("finds none that is undefined", () => {
    expect(signalIn([1, { signal: undefined }])).toBe(undefined);
  });
});

describe("withSignal() with a signal", () => {
  test("puts it in the place of the caller's", () => {
    expect(withSignal([1, signal], other)).toEqual([1, other]);
    expect(withSignal([1, signal], other)[1]).toBe(other);
    const [first, last] = withSignal([1, { signal, a: 1 }], other);
    expect(first).toBe(1);
    expect(last).toEqual({ a: 1, signal: other });
    expect((last as Options).signal).toBe(other);
  });

  test("puts it where the caller's would have been", () => {
    const [last] = withSignal([{ signal: undefined, a: 1 }], other);
    expect(last).toEqual({ a: 1, signal: other });
    expect((last as Options).signal).toBe(other);
    expect((withSignal([{ signal: undefined }], other)[0] as Options).signal).toBe(other);
  });

  test("copies the object only, with its symbols", () => {
    const inner = {};
    const name = Symbol("name");
    const [last] = withSignal([{ signal, inner, [name]: inner }], other) as [
      Record<symbol, object>,
    ];
    expect((last as unknown as { inner: object }).inner).toBe(inner);
    expect(last[name]).toBe(inner);
  });
});

describe("withSignal() without a signal", () => {
  test("leaves the caller's out, and the last argument if it says nothing else", () => {
    for (const last of [signal, { signal }, { signal: undefined }]) {
      expect(withSignal([1, last])).toEqual([1]);
      expect(withSignal([last])).toEqual([]);
    }
  });

  test("keeps what else the last argument says", () => {
    const name = Symbol("name");
    expect(withSignal([1, { signal, a: undefined }])).toStrictEqual([1, { a: undefined }]);
    expect(withSignal([{ signal: undefined, a: 1 }])).toStrictEqual([{ a: 1 }]);
    expect(withSignal([{ signal, [name]: 1 }])).toStrictEqual([{ [name]: 1 }]);
  });

  test("leaves out one signal", () => {
    expect(withSignal([signal, other])).toEqual([signal]);
    expect(withSignal([signal, { signal: other }])[0]).toBe(signal);
  });

  test("leaves out one that is told by its shape, whatever it has", () => {
    const shaped = { aborted: false, addEventListener() {}, signal, a: 1 };
    expect(withSignal([shaped])).toEqual([]);
    expect(withSignal([shaped], other)[0]).toBe(other);
  });
});

describe("withSignal()", () => {
  test.each(withoutPlace.map((args) => [args]))(
    "gives arguments back as they are if they have no place: %o",
    (args) => {
      expect(withSignal(args)).toBe(args);
      expect(withSignal(args, other)).toBe(args);
    },
  );

  test("changes nothing that is the caller's", () => {
    const options = Object.freeze({ a: 1, signal });
    const args = Object.freeze([1, options]);
    withSignal(args);
    withSignal(args, other);
    const bare = Object.freeze([1, signal]);
    withSignal(bare);
    withSignal(bare, other);
    expect(args).toEqual([1, { a: 1, signal }]);
    expect(bare).toEqual([1, signal]);
  });

  test("reads a getter once", () => {
    let reads = 0;
    const options = {
      get signal() {
        reads++;
        return signal;
      },
    };
    withSignal([options], other);
    expect(reads).toBe(1);
  });

  test("undoes what it did, for whatever arguments", () => {
    const options = fc.dictionary(fc.constantFrom("a", "b"), fc.anything(), { minKeys: 1 });
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 3 }), options, (args, last) => {
        expect(withSignal([...args, { ...last, signal }])).toStrictEqual([...args, { ...last }]);
        const replaced = withSignal([...args, { ...last, signal }], other);
        expect(signalIn(replaced)).toBe(other);
        expect(withSignal(replaced, signal)).toStrictEqual([...args, { ...last, signal }]);
        expect(withSignal([...args, signal])).toStrictEqual(args);
      }),
    );
  });
});
