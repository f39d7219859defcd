/** What a driver must do and does not; an error like any other to whatever runs the cases. */
export class ConformanceError extends Error {
  override readonly name = "ConformanceError" as const;
}

/** Numbers come as such, as bigints or as texts. */
function plain(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => plain(each)) ?? String(value);
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [textOf(actual), textOf(expected)];
  if (seen !== wanted) throw new ConformanceError(`${what}: expected ${wanted}, received ${seen}`);
}

export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new ConformanceError(`expected that ${what}`);
}

/** @returns What it rejects with. */
export async function expectRejection(promise: Promise<unknown>, what: string): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as Error;
  }
  throw new ConformanceError(`expected that ${what} rejects, received ${textOf(value)}`);
}
