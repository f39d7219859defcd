import { inspect } from "../internal/inspect.ts";
import { checkOptions, seen } from "../internal/arguments.ts";

export interface PrimitiveOptions {
  /** How errors, reports and `waitTree` call it. */
  name?: string | undefined;
}

/**
 * The name that the options give.
 *
 * @throws {TypeError} If the options are no object, or the name no string.
 */
export function checkName(
  action: string,
  options: PrimitiveOptions | undefined,
): string | undefined {
  checkOptions(action, options);
  const name: unknown = options?.name;
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot ${action}: "name" must be a string, received ${seen(name)}`);
  }
  return name;
}

/** What every primitive has: a name, figures, and a form for people. */
export abstract class Primitive {
  readonly name: string | undefined;

  /** @throws {TypeError} If the options are no object, or the name no string. */
  constructor(action: string, options: PrimitiveOptions | undefined) {
    this.name = checkName(action, options);
  }

  /** Figures of the moment: a frozen object. */
  abstract stats(): object;

  /** @internal What it is called where it has no name. */
  abstract get kind(): string;

  toString(): string {
    const fields = Object.entries(this.stats()).map(([key, value]) => `${key}: ${String(value)}`);
    const name = this.name === undefined ? "" : ` ${JSON.stringify(this.name)}`;
    return `${this.kind}${name} { ${fields.join(", ")} }`;
  }

  /** @internal For `console.log`. */
  [inspect](): string {
    return this.toString();
  }
}
