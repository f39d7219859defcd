/** The name under which Node, Deno and Bun look for how an object is to be shown. */
export const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;
