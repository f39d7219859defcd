// What it means that two arguments are equal, said without keys: pair by pair, and slowly.

type Kind = "array" | "plain" | "map" | "set" | "date" | "url" | "other";

const kinds = new Map<unknown, Kind>([
  [Array.prototype, "array"],
  [Object.prototype, "plain"],
  [null, "plain"],
  [Map.prototype, "map"],
  [Set.prototype, "set"],
  [Date.prototype, "date"],
  [URL.prototype, "url"],
]);

function kindOf(value: unknown): Kind {
  if (typeof value !== "object" || value === null) return "other";
  return kinds.get(Object.getPrototypeOf(value)) ?? "other";
}

/** Whether each of `first` has one of its own in `second`, and none is left over. */
function sameBag(first: readonly unknown[], second: readonly unknown[]): boolean {
  const left = [...second];
  for (const one of first) {
    const at = left.findIndex((other) => naiveEqual(one, other));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
}

function properties(value: object): [PropertyKey, unknown][] {
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .map(([name, descriptor]): [PropertyKey, PropertyDescriptor] => [name, descriptor])
    .concat(
      Object.getOwnPropertySymbols(value).map((name) => [
        name,
        Object.getOwnPropertyDescriptor(value, name)!,
      ]),
    )
    .filter(([, { enumerable }]) => enumerable)
    .map(([name, descriptor]) => [name, descriptor.value]);
}

export function naiveEqual(first: unknown, second: unknown): boolean {
  if ([first].includes(second)) return true;
  const kind = kindOf(first);
  if (kind !== kindOf(second)) return false;
  switch (kind) {
    case "array": {
      const [one, other] = [first as unknown[], second as unknown[]];
      if (one.length !== other.length) return false;
      for (let i = 0; i < one.length; i++) if (!naiveEqual(one[i], other[i])) return false;
      return true;
    }
    case "plain": {
      const others = new Map(properties(second as object));
      const ones = properties(first as object);
      return (
        ones.length === others.size &&
        ones.every(([name, value]) => others.has(name) && naiveEqual(value, others.get(name)))
      );
    }
    case "map":
      return sameBag([...(first as Map<unknown, unknown>)], [...(second as Map<unknown, unknown>)]);
    case "set":
      return sameBag([...(first as Set<unknown>)], [...(second as Set<unknown>)]);
    case "date":
      return Object.is((first as Date).getTime(), (second as Date).getTime());
    case "url":
      return (first as URL).href === (second as URL).href;
    case "other":
      return false;
  }
}
