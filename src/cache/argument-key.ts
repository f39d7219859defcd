/**
 * The key of a call, made from its arguments: two calls have the same key, as a Map compares keys, if
 * and only if their arguments are equal as `argumentsKey` says.
 */
import { withSignal } from "./argument-signal.ts";
import { isPlainObject } from "./plain-object.ts";

/** The numbers of all that is known by identity. Nothing of it is kept alive. */
const numbers = new WeakMap<WeakKey, number>();
/** Of what cannot be held weakly: registered symbols, and in older browsers all symbols. */
const symbols = new Map<WeakKey, number>();
let count = 0;

function numberOf(value: WeakKey): number {
  let number = numbers.get(value) ?? symbols.get(value);
  if (number === undefined) {
    number = ++count;
    try {
      numbers.set(value, number);
    } catch {
      symbols.set(value, number);
    }
  }
  return number;
}

/** Whether a Map can have it as a key, and keeps nothing alive by that. */
function isSimple(value: unknown): boolean {
  const type = typeof value;
  return value === null || (type !== "object" && type !== "function" && type !== "symbol");
}

/**
 * What begins the text of an object that is known by what it holds; empty for those that are known by
 * identity. These include instances of subclasses, which may hold more than can be seen.
 */
function bracketOf(value: unknown): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Arrays of other realms are told by their prototype, which is an array itself.
  if (Array.isArray(value) && Array.isArray(prototype)) return "[";
  if (isPlainObject(value)) return "{";
  if (prototype === Map.prototype) return "M";
  if (prototype === Set.prototype) return "S";
  return prototype === Date.prototype || prototype === URL.prototype ? "D" : "";
}

/** What a Date or a URL is, whatever properties it was given. */
function said(value: unknown): string | number {
  const isDate = Object.getPrototypeOf(value) === Date.prototype;
  return isDate ? Date.prototype.getTime.call(value) : URL.prototype.toString.call(value);
}

/**
 * No text begins with a digit, and each tells where it ends as long as no digit follows. So no two lists
 * of texts read the same, whatever is in the strings.
 */
function textOf(value: unknown, above: unknown[]): string {
  if (isSimple(value)) {
    const text = String(value);
    // The first letter tells the types apart, but for booleans and bigints, which cannot be confused.
    return `${(typeof value)[0]}${text.length}:${text}`;
  }
  const bracket = bracketOf(value);
  if (bracket === "") return `#${numberOf(value as WeakKey)}`;
  if (above.includes(value)) {
    throw new TypeError('Cannot memoize: "args" must have no cycles, received one');
  }
  above.push(value);
  let texts: string[];
  if (bracket === "{") {
    // The copy has what is enumerable, and getters are called once.
    const own = { ...(value as Record<PropertyKey, unknown>) };
    texts = Reflect.ownKeys(own).map((name) => textOf(name, above) + textOf(own[name], above));
  } else {
    const items = bracket === "D" ? [said(value)] : value;
    texts = Array.from(items as Iterable<unknown>, (item) => textOf(item, above));
  }
  above.pop();
  if (bracket !== "[") texts.sort();
  return `${bracket}${texts.join()}]`;
}

/**
 * Makes the key of a call. Arguments are equal if they are as many and each is equal to its counterpart:
 *
 * - primitives as a Map compares keys: `NaN` equals itself, `0` equals `-0`, `1` does not equal `"1"`;
 * - arrays by their elements, where a hole is `undefined`;
 * - plain objects by their own enumerable properties, in whatever order: one that is `undefined` is not
 *   one that is missing;
 * - Maps and Sets by their entries, in whatever order, Dates by their time, URLs by their `href`;
 * - everything else by identity: functions, symbols, instances of classes, also of subclasses of these.
 *
 * A signal as `signalIn` finds it is left out. The arguments are read now: what they hold later changes
 * nothing. The key keeps no object alive. A lone primitive is its own key.
 *
 * @throws {TypeError} If an argument contains itself.
 */
export function argumentsKey(args: readonly unknown[]): unknown {
  if (isLone(args)) return args[0];
  const kept = withSignal(args);
  return isLone(kept) ? kept[0] : textOf(kept, []);
}

/** Whether a call with this argument alone has it as its key; it is no signal then, and has none in it. */
export function isOwnKey(only: unknown): boolean {
  // All keys that are made begin with the bracket, so a string that does is not its own.
  return typeof only === "string" ? only[0] !== "[" : isSimple(only);
}

function isLone(args: readonly unknown[]): boolean {
  return args.length === 1 && isOwnKey(args[0]);
}
