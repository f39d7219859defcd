import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printsOf } from "./examples.ts";

export type Language = "js" | "python" | "ts";

/** A block of code, and what it says that it prints. */
export interface Block {
  readonly language: Language;
  readonly line: number;
  readonly code: string;
  readonly prints: readonly string[];
}

/** The same job with another package, and with corral. */
export interface Pair {
  /** The heading it stands under. */
  readonly section: string;
  /** Whether the text before it says that the two print different things. */
  readonly differs: boolean;
  readonly peer: Block;
  readonly corral: Block;
}

const page = join(import.meta.dirname, "../../docs/coming-from.md");

/** Code blocks, and the paragraphs and headings between them. */
const parts = /^```(\w*)\n([\s\S]*?)^```$|^## (.+)$|^(?!```|#)\S[\s\S]*?(?=\n\n|\n#|\n```)/gm;

/** The pairs of the page, in its order. @throws {TypeError} If a block stands alone. */
export function allPairs(): Pair[] {
  const text = readFileSync(page, "utf8");
  const pairs: Pair[] = [];
  let section = "";
  let before = "";
  let peer: Block | undefined;
  for (const found of text.matchAll(parts)) {
    const [whole, language, code, heading] = found;
    const line = text.slice(0, found.index).split("\n").length;
    if (peer !== undefined && language !== "ts") {
      throw new TypeError(`Cannot read coming-from.md:${line}: expected the block of corral`);
    }
    if (code === undefined) {
      if (heading === undefined) before = whole;
      else section = heading;
      continue;
    }
    const block = { language: language as Language, line, code, prints: printsOf(code) };
    if (language === "js" || language === "python") {
      peer = block;
    } else if (language === "ts" && peer !== undefined) {
      pairs.push({ section, differs: before.startsWith("**Different:**"), peer, corral: block });
      peer = undefined;
      before = "";
    } else {
      throw new TypeError(`Cannot read coming-from.md:${line}: expected a block of both sides`);
    }
  }
  return pairs;
}
