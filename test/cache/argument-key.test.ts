import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { argumentsKey } from "../../src/cache/argument-key.ts";

class Posing {
  readonly #of: number;

  constructor(of: number) {
    this.#of = of;
  }

  isPrototypeOf(): boolean {
    return this.#of > 0;
  }
}

class Point {
  x = 1;
}

function sameKey(first: readonly unknown[], second: readonly unknown[]): boolean {
  return new Map([[argumentsKey(first), 1]]).has(argumentsKey(second));
}

/** All lists of so many parts, which are ones, lists, and objects with one property. */
function* nested(parts: number): Generator<unknown[]> {
  yield [];
  for (let size = 1; size <= parts; size++) {
    for (const first of parted(size)) {
      for (const others of nested(parts - size)) yield [first, ...others];
    }
  }
}

function* parted(size: number): Generator {
  if (size === 1) yield 1;
  for (const list of nested(size - 1)) if (sizeOf(list) === size) yield list;
  if (size > 1) for (const a of parted(size - 1)) yield { a };
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), 1);
}

/** Two of a kind that are not one object. */
function twice<T>(make: () => T): [T[], T[]] {
  return [[make()], [make()]];
}

describe("argumentsKey() of a lone primitive", () => {
  test.each([0, 1, NaN, "", "a", "1", "{", "\0", 1n, true, null, undefined])(
    "is the primitive itself: %o",
    (value) => {
      expect(argumentsKey([value])).toBe(value);
    },
  );

  test("is another string if the string begins as the keys of lists do", () => {
    const key = argumentsKey([1, "a"]);
    expect(typeof key).toBe("string");
    expect(argumentsKey([key])).not.toBe(key);
    expect(argumentsKey(["["])).not.toBe("[");
    expect(sameKey(["[a"], ["[a"])).toBe(true);
    expect(sameKey(["[a"], ["[b"])).toBe(false);
  });

  test("tells types and zeros as a Map does", () => {
    const values = [1, "1", 1n, true, "true", "1n", null, "null", undefined, "undefined", ""];
    expect(new Set(values.map((value) => argumentsKey([value]))).size).toBe(values.length);
    expect(new Set(values.map((value) => argumentsKey([value, 0]))).size).toBe(values.length);
    expect(sameKey([0], [-0])).toBe(true);
    expect(sameKey([0, 0], [-0, 0])).toBe(true);
    expect(sameKey([NaN, NaN], [NaN, NaN])).toBe(true);
  });
});

describe("argumentsKey() tells apart", () => {
  test("how many arguments there are", () => {
    const lists = [[], [undefined], [undefined, undefined], [[]], [[], []], [[[]]], [[undefined]]];
    expect(new Set(lists.map((args) => argumentsKey(args))).size).toBe(lists.length);
  });

  test("what is undefined, null and missing", () => {
    const objects = [{}, { a: undefined }, { a: null }, { a: "undefined" }, { b: undefined }];
    expect(new Set(objects.map((object) => argumentsKey([object]))).size).toBe(objects.length);
  });

  test("an array, an object, a Map and a Set of the same", () => {
    const values = [[["a", 1]], { a: 1 }, new Map([["a", 1]]), new Set([["a", 1]]), ["a", 1]];
    const empty = [[], {}, new Map(), new Set()];
    expect(new Set([...values, ...empty].map((value) => argumentsKey([value]))).size).toBe(9);
  });

  test("how arguments are nested", () => {
    const lists = [...nested(6)];
    expect(lists.length).toBeGreaterThan(1_000);
    expect(new Set(lists.map((args) => argumentsKey([args]))).size).toBe(lists.length);
  });

  test("a string that holds all that is between two strings in a key", () => {
    const key = String(argumentsKey(["<", ">"]));
    const between = key.slice(key.indexOf("<"), key.indexOf(">") + 1);
    expect(between.length).toBeGreaterThan(2);
    expect(sameKey([["<", ">"]], [[between]])).toBe(false);
    // Where a length runs into a text that begins with a digit.
    expect(sameKey([["1", "abcdefgh"]], [[",s8abcdefgh"]])).toBe(false);
    expect(sameKey([["1", "abcdefg"]], [[",s7:abcdefg"]])).toBe(false);
  });

  test("strings that are made of what stands between strings", () => {
    const lists = [
      ["a", "b"],
      ["a,b"],
      ["as1:b"],
      ["a,s1:b"],
      ["a", "b", ""],
      ["a", "", "b"],
      ['a","b'],
      ["[s1:a,s1:b]"],
      ["1:a", "b"],
      ["a", "1:b"],
    ];
    expect(new Set(lists.map((args) => argumentsKey(args))).size).toBe(lists.length);
    expect(new Set(lists.map((args) => argumentsKey([args, 1]))).size).toBe(lists.length);
  });

  test("a name that is made of another name and its value", () => {
    const objects = [
      { a: "b", c: "d" },
      { "a:b,c": "d" },
      { as1: "b", c: "d" },
      { a: "bs1:cs1:d" },
      { "as1:b,s1:c": "d" },
    ];
    expect(new Set(objects.map((object) => argumentsKey([object]))).size).toBe(objects.length);
  });

  test("lone surrogates, and none of them from the replacement character", () => {
    const strings = ["\ud800", "\ud801", "\udc00", "\ufffd", "\ud800\udc00", "\udc00\ud800"];
    expect(new Set(strings.map((text) => argumentsKey([[text]]))).size).toBe(strings.length);
    expect(sameKey(["\ud83d", "\ude00"], ["\ud83d\ude00", ""])).toBe(false);
  });

  test("a property named __proto__ from what is inherited", () => {
    const own: unknown = JSON.parse('{"__proto__":{"a":1}}');
    expect(sameKey([own], [{}])).toBe(false);
    expect(sameKey([own], [{ a: 1 }])).toBe(false);
    expect(sameKey([own], [JSON.parse('{"__proto__":{"a":2}}')])).toBe(false);
    expect(sameKey([own], [JSON.parse('{"__proto__":{"a":1}}')])).toBe(true);
  });
});

describe("argumentsKey() takes by value", () => {
  test("arrays and plain objects, nested, in whatever order of properties", () => {
    expect(sameKey([{ a: [1, { b: 2 }], c: 3 }], [{ c: 3, a: [1, { b: 2 }] }])).toBe(true);
    expect(sameKey([{ a: 1, b: 2 }], [{ a: 2, b: 1 }])).toBe(false);
    expect(sameKey([[1, 2]], [[2, 1]])).toBe(false);
    expect(sameKey([{ a: [1, { b: 2 }] }], [{ a: [1, { b: 3 }] }])).toBe(false);
  });

  test("objects without a prototype, as those that have the usual one", () => {
    expect(sameKey([Object.assign(Object.create(null), { a: 1 })], [{ a: 1 }])).toBe(true);
  });

  test("arrays and plain objects of another realm", () => {
    const foreign: unknown = runInNewContext("({ a: [1, { b: 2 }] })");
    expect(sameKey([foreign], [{ a: [1, { b: 2 }] }])).toBe(true);
  });

  test("symbols as names, by identity", () => {
    const [first, second] = [Symbol("a"), Symbol("a")];
    expect(sameKey([{ [first]: 1, [second]: 2 }], [{ [second]: 2, [first]: 1 }])).toBe(true);
    expect(sameKey([{ [first]: 1 }], [{ [second]: 1 }])).toBe(false);
    expect(sameKey([{ [first]: 1 }], [{ [first]: 2 }])).toBe(false);
    expect(sameKey([{ [first]: 1 }], [{}])).toBe(false);
    expect(sameKey([{ [Symbol.for("a")]: 1 }], [{ [Symbol.for("a")]: 1 }])).toBe(true);
  });

  test("only what is enumerable and their own", () => {
    const hidden = Object.defineProperty({ a: 1 }, "b", { value: 2 });
    const hiddenSymbol = Object.defineProperty({ a: 1 }, Symbol("b"), { value: 2 });
    expect(sameKey([hidden], [{ a: 1 }])).toBe(true);
    expect(sameKey([hiddenSymbol], [{ a: 1 }])).toBe(true);
  });

  test("what getters give, and calls each once", () => {
    const get = vi.fn<() => number>(() => 1);
    const object = Object.defineProperty({}, "a", { get, enumerable: true });
    expect(sameKey([object], [{ a: 1 }])).toBe(true);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test("an array with holes, as one that holds undefined", () => {
    const holes: unknown[] = [];
    holes.length = 2;
    expect(sameKey([holes], [[undefined, undefined]])).toBe(true);
    expect(sameKey([holes], [[]])).toBe(false);
  });

  test("Dates", () => {
    expect(sameKey([new Date(5)], [new Date(5)])).toBe(true);
    expect(sameKey([new Date(5)], [new Date(6)])).toBe(false);
    expect(sameKey([new Date(5)], [5])).toBe(false);
    expect(sameKey([new Date(5)], [new Date(5).toISOString()])).toBe(false);
    expect(sameKey([new Date(NaN)], [new Date("never")])).toBe(true);
    expect(sameKey([new Date(NaN)], [new Date(0)])).toBe(false);
  });

  test("URLs", () => {
    expect(sameKey([new URL("http://a")], [new URL("http://a/")])).toBe(true);
    expect(sameKey([new URL("http://a")], [new URL("http://b")])).toBe(false);
    expect(sameKey([new URL("http://a")], ["http://a/"])).toBe(false);
  });

  test("Dates and URLs, whatever properties they were given", () => {
    const posing = { href: "http://a/", valueOf: () => 1, toString: () => "a" };
    const date = (ms: number): unknown => Object.assign(new Date(ms), posing);
    expect(sameKey([date(5)], [date(6)])).toBe(false);
    expect(sameKey([date(5)], [new Date(5)])).toBe(true);
    expect(sameKey([date(5)], [new URL("http://a/")])).toBe(false);
    const [a, again, b] = ["http://a", "http://a", "http://b"].map((href) => new URL(href));
    for (const url of [a, b]) Object.defineProperty(url, "href", { value: "a" });
    expect(sameKey([a], [b])).toBe(false);
    expect(sameKey([a], [again])).toBe(true);
  });

  test("Maps and Sets, in whatever order, with keys by value", () => {
    expect(sameKey([new Set([1, 2])], [new Set([2, 1])])).toBe(true);
    expect(sameKey([new Set([1, 2])], [new Set([1, 3])])).toBe(false);
    expect(sameKey([new Set([[]])], [new Set([[], []])])).toBe(false);
    const first = new Map<unknown, unknown>([[{ a: 1 }, 1]]).set("b", 2);
    const second = new Map<unknown, unknown>([["b", 2]]).set({ a: 1 }, 1);
    expect(sameKey([first], [second])).toBe(true);
    expect(sameKey([first], [second.set({ a: 1 }, 1)])).toBe(false);
    expect(sameKey([new Map([[1, 2]])], [new Map([[2, 1]])])).toBe(false);
  });

  test("what they are now, whatever becomes of them", () => {
    const args = { ids: [1] };
    const key = argumentsKey([args]);
    args.ids.push(2);
    expect(argumentsKey([{ ids: [1] }])).toBe(key);
    expect(argumentsKey([args])).not.toBe(key);
  });

  test("one object in several places, which is no cycle", () => {
    const shared = { a: 1 };
    expect(sameKey([shared, [shared, shared]], [{ a: 1 }, [{ a: 1 }, { a: 1 }]])).toBe(true);
    expect(sameKey([{ b: shared, c: shared }], [{ b: { a: 1 }, c: { a: 1 } }])).toBe(true);
  });
});

describe("argumentsKey() takes by identity", () => {
  test.each<[string, () => unknown]>([
    ["instances of classes", () => new Point()],
    ["functions", () => () => 1],
    ["symbols", () => Symbol("a")],
    ["promises", () => Promise.resolve(1)],
    ["signals that are not the last argument", () => [new AbortController().signal]],
    ["errors", () => new Error("a")],
    ["regular expressions", () => /a/],
    ["typed arrays", () => new Uint8Array(1)],
    ["buffers", () => new ArrayBuffer(1)],
    ["boxed primitives", () => Object(1)],
    ["objects that inherit from an object", () => Object.create({ a: 1 })],
    ["objects that inherit from one without a prototype", () => Object.create(Object.create(null))],
    [
      "instances of a class that extends nothing at all",
      () => Reflect.construct(Object, [], Rootless),
    ],
    ["instances of a function with an array as prototype", () => Object.create([])],
    ["instances of a class with a method of Object's own", () => new Posing(1)],
    ["subclasses of arrays", () => new (class extends Array {})()],
    ["subclasses of Maps", () => new (class extends Map {})()],
    ["subclasses of Sets", () => new (class extends Set {})()],
    ["subclasses of Dates", () => new (class extends Date {})(0)],
    ["subclasses of URLs", () => new (class extends URL {})("http://a")],
    ["functions without a prototype", () => Object.setPrototypeOf(() => 1, null)],
  ])("%s", (_, make) => {
    const [first, second] = twice(make);
    expect(sameKey(first, second)).toBe(false);
    expect(sameKey(first, first)).toBe(true);
    expect(sameKey([first], [first])).toBe(true);
    expect(sameKey([first], [second])).toBe(false);
    expect(sameKey([{ a: first }], [{ a: second }])).toBe(false);
  });

  test("registered symbols, which cannot be held weakly", () => {
    expect(sameKey([Symbol.for("a")], [Symbol.for("a")])).toBe(true);
    expect(sameKey([Symbol.for("a")], [Symbol.for("b")])).toBe(false);
    expect(sameKey([Symbol.for("a")], ["a"])).toBe(false);
  });

  test("names and what they name, whatever numbers they have", async () => {
    // The numbers of this one begin anew, and go from one digit to three.
    vi.resetModules();
    const anew = await import("../../src/cache/argument-key.ts");
    const symbols = Array.from({ length: 60 }, () => Symbol("a"));
    const points = Array.from({ length: 60 }, () => new Point());
    symbols.forEach((symbol, i) => anew.argumentsKey([symbol, points[i]]));
    const pairs = symbols.flatMap((symbol) => points.map((point) => ({ [symbol]: point })));
    expect(new Set(pairs.map((pair) => anew.argumentsKey([pair]))).size).toBe(pairs.length);
  });

  test("the same things under the same numbers, beside whatever values", () => {
    const [first, second] = [new Point(), new Point()];
    expect(sameKey([first, 1], [first, 1])).toBe(true);
    expect(sameKey([first, 1], [first, 2])).toBe(false);
    expect(sameKey([first, second], [second, first])).toBe(false);
  });
});

/** Its instances have a prototype that nothing is above. */
function Rootless(): void {}
Rootless.prototype = Object.create(null);

describe("argumentsKey() in a browser whose WeakMap takes no symbols", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("tells symbols by identity", () => {
    const { set } = WeakMap.prototype;
    vi.spyOn(WeakMap.prototype, "set").mockImplementation(function (
      this: WeakMap<WeakKey, unknown>,
      key,
      value,
    ) {
      if (typeof key === "symbol") throw new TypeError("Invalid value used as weak map key");
      return set.call(this, key, value);
    });
    const [first, second] = [Symbol("a"), Symbol("a")];
    expect(sameKey([first], [first])).toBe(true);
    expect(sameKey([first], [second])).toBe(false);
  });
});

describe("argumentsKey() refuses", () => {
  const message = 'Cannot memoize: "args" must have no cycles, received one';

  test("an array, an object, a Map or a Set that contains itself", () => {
    const array: unknown[] = [];
    array.push([array]);
    const object: Record<string, unknown> = {};
    object["a"] = { b: [object] };
    const map = new Map<unknown, unknown>();
    map.set("a", map);
    const set = new Set<unknown>();
    set.add(set);
    for (const value of [array, object, map, set]) {
      expect(() => argumentsKey([value])).toThrow(new TypeError(message));
    }
  });

  test("nothing that contains itself by way of what is known by identity", () => {
    const point = Object.assign(new Point(), { self: {} });
    point.self = point;
    expect(sameKey([point], [point])).toBe(true);
  });

  test("what is nested deeper than the stack goes, with the engine's error", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(() => argumentsKey([deep])).toThrow(RangeError);
    let shallow: unknown = 1;
    for (let i = 0; i < 500; i++) shallow = [shallow];
    expect(sameKey([shallow], [[shallow]])).toBe(false);
  });

  test("what a getter refuses, and goes on as before", () => {
    const error = new Error("no");
    const object = {
      get a(): number {
        throw error;
      },
    };
    const args = [{ b: [object] }];
    for (let i = 0; i < 2; i++) expect(() => argumentsKey(args)).toThrow(error);
    expect(sameKey([{ b: 1 }], [{ b: 1 }])).toBe(true);
  });
});

describe("argumentsKey() leaves out the signal", () => {
  const { signal } = new AbortController();

  test("that is the last argument, or the last one's only property", () => {
    for (const last of [signal, { signal }, { signal: undefined }]) {
      expect(argumentsKey([1, last])).toBe(1);
      expect(sameKey([last], [])).toBe(true);
      expect(sameKey([1, { a: 1 }, last], [1, { a: 1 }])).toBe(true);
    }
  });

  test("among other properties of the last argument", () => {
    expect(sameKey([1, { a: 1, signal }], [1, { a: 1 }])).toBe(true);
    expect(sameKey([1, { a: 1, signal }], [1, { a: 2, signal }])).toBe(false);
    expect(sameKey([1, { a: 1, signal: undefined }], [1, { a: 1 }])).toBe(true);
  });

  test("there only, and only what is one", () => {
    expect(sameKey([{ signal }, 1], [1])).toBe(false);
    expect(sameKey([signal, 1], [1])).toBe(false);
    expect(sameKey([signal, signal], [])).toBe(false);
    expect(sameKey([1, { a: { signal } }], [1, { a: {} }])).toBe(false);
    expect(sameKey([1, { signal: "SIGTERM" }], [1, { signal: "SIGKILL" }])).toBe(false);
    expect(sameKey([1, {}], [1])).toBe(false);
    expect(sameKey([1, undefined], [1])).toBe(false);
  });
});
