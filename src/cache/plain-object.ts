/**
 * Whether no class made it: an object literal of any realm, or one without a prototype. An object
 * that inherits from another one is not plain, because more of it can be read than it owns.
 */
export function isPlainObject(value: unknown): value is Record<PropertyKey, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  // Each realm's `Object.prototype` has the method and inherits from nothing. A class may have one, too.
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf")
  );
}
