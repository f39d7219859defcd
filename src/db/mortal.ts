/**
 * An object that can be used no longer than `check` lets it: its properties, its methods and, of a function, its
 * calls. What it returns is not watched over.
 */
export function mortal<T extends object>(object: T, check: () => void): T {
  return new Proxy(object, {
    get(target, name) {
      check();
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      // Of the object itself: its private fields are not the proxy's.
      return (...args: unknown[]): unknown => {
        check();
        return Reflect.apply(value, target, args);
      };
    },
    set(target, name, value) {
      check();
      return Reflect.set(target, name, value, target);
    },
    apply(target, self, args) {
      check();
      return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args);
    },
  });
}
