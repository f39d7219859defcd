// Keys against a reference that compares arguments pair by pair.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentsKey } from "../../src/cache/argument-key.ts";
import { naiveEqual } from "./naive-equal.ts";

class Point {
  readonly x = 1;
}

const point = new Point();
const unique = Symbol("a");

/** Few, so that equal ones come up, and those that a careless key confuses. */
const simple: readonly unknown[] = [
  [0, -0, 1, NaN, Infinity, 1n, -1n, 0n, true, false, null, undefined],
  ["", "0", "1", "a", "1n", "true", "null", "undefined", "NaN", ",", "[", "]", "{", "#1", "[]"],
  ["s1:a", "[s1:a]", "a,s1:a", "n1:1", "1:a", '"', '","', "\\", "\0", "\u2028", "signal"],
  ["\ud800", "\udc00", "\ud83d", "\ud83d\ude00", "\ufffd", "http://a/", "é", "e\u0301"],
].flat();
const byIdentity: readonly unknown[] = [
  [point, new Point(), Object.create({ a: 1 }), new (class extends Map {})()],
  [unique, Symbol("a"), Symbol.for("a"), Symbol.iterator],
  [Point, /a/, /a/, new Uint8Array(1), new Error("a")],
].flat();
const names = fc.oneof(
  fc.constantFrom("a", "b", "", "0", "1", "length", "__proto__", "toJSON", "constructor", "a:1"),
  fc.constantFrom(unique, Symbol.for("a"), Symbol.iterator),
);

function plain(properties: readonly (readonly [PropertyKey, unknown])[], prototype: object | null) {
  const object: object = Object.create(prototype);
  for (const [name, value] of properties) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true });
  }
  return object;
}

const { value } = fc.letrec<{ value: unknown }>((tie) => {
  const list = fc.array(tie("value"), { maxLength: 3 });
  const pairs = fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 2 });
  return {
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true, maxDepth: 3 },
      { weight: 6, arbitrary: fc.constantFrom(...simple) },
      { weight: 1, arbitrary: fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.bigInt()) },
      { weight: 2, arbitrary: fc.constantFrom(...byIdentity) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, NaN).map((ms) => new Date(ms)) },
      { weight: 1, arbitrary: fc.constantFrom("a", "b").map((host) => new URL(`http://${host}`)) },
      { weight: 3, arbitrary: list },
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }),
            fc.constantFrom(Object.prototype, null),
          )
          .map(([properties, prototype]) => plain(properties, prototype)),
      },
      { weight: 1, arbitrary: pairs.map((entries) => new Map(entries)) },
      { weight: 1, arbitrary: list.map((items) => new Set(items)) },
    ),
  };
});
const args = fc.array(value, { maxLength: 3 });
const stride = fc.integer({ min: 1, max: 6 });

function sameKey(first: readonly unknown[], second: readonly unknown[]): boolean {
  return new Map([[argumentsKey(first), 1]]).has(argumentsKey(second));
}

/**
 * Copies all that has a value, and puts `other` in the place of the value with number `at`. What has no
 * order gets another one.
 */
class Copier {
  seen = 0;
  readonly stride: number;
  readonly at: number;
  readonly other: unknown;

  constructor(by: number, at: number, other?: unknown) {
    this.stride = by;
    this.at = at;
    this.other = other;
  }

  /** Each stride from 1 to 6 orders up to seven in another way. */
  shuffle<T>(items: readonly T[]): T[] {
    const places = items.map((item, i) => ({ place: (i * this.stride) % 7, item }));
    return places.sort((one, other) => one.place - other.place).map(({ item }) => item);
  }

  copy(from: unknown): unknown {
    if (this.seen++ === this.at) return this.other;
    if (typeof from !== "object" || from === null) return from;
    if (Array.isArray(from)) return from.map((item) => this.copy(item));
    switch (Object.getPrototypeOf(from)) {
      case Object.prototype:
      case null: {
        const own = Object.getOwnPropertyDescriptors(from) as Record<
          PropertyKey,
          PropertyDescriptor
        >;
        const properties = Reflect.ownKeys(own).map(
          (name) => [name, this.copy(own[name]!.value)] as const,
        );
        // One of each prototype: that is no part of its value.
        return plain(this.shuffle(properties), this.seen % 2 === 0 ? null : Object.prototype);
      }
      case Map.prototype: {
        const entries = [...(from as Map<unknown, unknown>)].map(
          ([key, item]) => [this.copy(key), this.copy(item)] as const,
        );
        return new Map(this.shuffle(entries));
      }
      case Set.prototype:
        return new Set(this.shuffle([...(from as Set<unknown>)].map((item) => this.copy(item))));
      case Date.prototype:
        return new Date(from as Date);
      case URL.prototype:
        return new URL(from);
      default:
        return from;
    }
  }
}

/** Whether the keys say of the two what the reference says. */
function agree(first: readonly unknown[], second: readonly unknown[]): boolean {
  return sameKey(first, second) === naiveEqual(first, second);
}

describe("argumentsKey() gives two lists of arguments one key exactly if they are equal", () => {
  test("when they have nothing to do with each other", () => {
    fc.assert(fc.property(args, args, agree), { numRuns: 2_000 });
  });

  test("when one is a copy in another order", () => {
    fc.assert(
      fc.property(args, stride, (first, by) => {
        const second = new Copier(by, -1).copy(first) as unknown[];
        return naiveEqual(first, second) && sameKey(first, second);
      }),
      { numRuns: 1_000 },
    );
  });

  test("when one is a copy with one value replaced", () => {
    const answers = { true: 0, false: 0 };
    const check = (first: unknown[], by: number, at: number, other: unknown): boolean => {
      const second = new Copier(by, at, other).copy(first) as unknown[];
      answers[`${naiveEqual(first, second)}`]++;
      return agree(first, second);
    };
    const at = fc.integer({ min: 1, max: 12 });
    fc.assert(fc.property(args, stride, at, value, check), { numRuns: 2_000 });
    expect(answers.true).toBeGreaterThan(100);
    expect(answers.false).toBeGreaterThan(100);
  });

  test("when they are any two of the simple ones, alone, in a list or as a property", () => {
    const all = [...simple, ...byIdentity];
    const wrong = all.flatMap((first) =>
      all
        .filter(
          (second) =>
            !agree([first], [second]) ||
            !agree([[first]], [[second]]) ||
            !agree([first, 1], [second, 1]) ||
            !agree([{ a: first }], [{ a: second }]) ||
            !agree([first], [[second]]),
        )
        .map((second) => [first, second]),
    );
    expect(wrong).toEqual([]);
  });

  test("when the one is a string that reads like the key of the other", () => {
    fc.assert(
      fc.property(args, (first) => {
        const key = argumentsKey(first);
        return agree(first, [key]) && agree(first, [[key]]) && agree([first], [key]);
      }),
      { numRuns: 500 },
    );
  });
});
