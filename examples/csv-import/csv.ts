/** Reads CSV (RFC 4180): quoted fields may hold commas, quotes and line ends. */

/** The records of a text that comes in pieces, each a list of fields. Memory stays flat: it keeps one record. */
export async function* records(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string[]> {
  let fields: string[] = [];
  let field = "";
  // A quote within quotes may be the end, or the first half of two that stand for one.
  let state: "plain" | "quoted" | "quote" = "plain";
  let some = false;
  const endField = (): void => {
    fields.push(field);
    field = "";
  };
  for await (const piece of pieces) {
    for (const char of piece) {
      some = true;
      if (state === "quoted") {
        if (char === '"') state = "quote";
        else field += char;
      } else if (char === '"') {
        if (state === "quote") field += char;
        state = "quoted";
      } else {
        state = "plain";
        if (char === ",") endField();
        else if (char === "\n") {
          endField();
          yield fields;
          fields = [];
          some = false;
        } else if (char !== "\r") field += char;
      }
    }
  }
  if (state === "quoted") throw new Error("Cannot read CSV: a quote is not closed");
  if (!some && fields.length === 0) return;
  endField();
  yield fields;
}
