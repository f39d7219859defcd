/**
 * Whether no class made it: an object literal of any realm, or one without a prototype. An object
 * that inherits from another one is not plain, because more of it can be read than it owns.
 */
export function isPlainObject(value: unknown): value is Record<PropertyKey, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Each realm's `Object.prototype` has the method, and nothing else has.
  return prototype === null || Object.hasOwn(prototype as object, "isPrototypeOf");
}
