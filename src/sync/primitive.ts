import { checkOptions, seen } from "../internal/arguments.ts";

export interface PrimitiveOptions {
  /** How errors, reports and `waitTree` call it. */
  name?: string | undefined;
}

/** What every primitive has: a name, figures, and a form for people. */
export abstract class Primitive {
  readonly name: string | undefined;

  /** @throws {TypeError} If the options are no object, or the name no string. */
  constructor(action: string, options: PrimitiveOptions | undefined) {
    checkOptions(action, options);
    const name: unknown = options?.name;
    if (name !== undefined && typeof name !== "string") {
      throw new TypeError(`Cannot ${action}: "name" must be a string, received ${seen(name)}`);
    }
    this.name = name;
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
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
