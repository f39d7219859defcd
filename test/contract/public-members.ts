/** What `src/index.ts` exports, as the sources declare it: read as text, types included. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../../src", import.meta.url));

/** A class, an interface or a function. */
export interface Declaration {
  readonly kind: "class" | "abstract class" | "interface" | "function";
  readonly base: string | undefined;
  readonly members: readonly Member[];
}

export interface Member {
  /** Nothing for what is called itself. */
  readonly name: string;
  readonly isPublic: boolean;
  /** The declared type: of a method what it returns. */
  readonly type: string;
  readonly isMethod: boolean;
}

const HEAD =
  /^(?:export )?(abstract class|class|interface|async function|function) (\w+)(?:<.*?>)?(?: extends (\w+))?/;
const MEMBER = /^ {2}((?:[a-z]+ )*)(\[Symbol[^\]]*\]|#?\w+)?(?:<[^(]*?>)?(\(|\??:|(?: =)|;)/;

/** The lines from `first` on that make one head or signature, as one line. */
function signature(lines: readonly string[], first: number): string {
  let text = "";
  for (const line of lines.slice(first)) {
    text += `${line.trim()} `;
    if (/[{;]$/.test(line)) break;
  }
  return text.trim();
}

function memberAt(lines: readonly string[], i: number, doc: string): Member | undefined {
  const match = MEMBER.exec(lines[i]!);
  if (match === null) return undefined;
  const [, modifiers = "", name = "", sign] = match;
  if (name === "" && sign !== "(") return undefined;
  const text = signature(lines, i);
  const isMethod = sign === "(" && !/\b(?:get|set) $/.test(modifiers);
  const type = isMethod
    ? /^.*\): (.*?)(?: \{|;)$/.exec(text)?.[1]
    : /: (.*?)(?: =|;|$)/.exec(text)?.[1];
  const hidden = /private|protected/.test(modifiers) || doc.includes("@internal");
  return { name, isPublic: !hidden && !name.startsWith("#"), type: type ?? "", isMethod };
}

function membersOf(lines: readonly string[]): Member[] {
  const members: Member[] = [];
  let doc = "";
  lines.forEach((line, i) => {
    if (/^ {2}\/\*\*/.test(line)) doc = "";
    if (/^ {2}(?:\/\*\*| \*)/.test(line)) {
      doc += line;
      return;
    }
    const member = memberAt(lines, i, doc);
    if (member !== undefined) members.push(member);
    if (line.trim() !== "") doc = "";
  });
  return members;
}

function declarationsOf(file: string, into: Map<string, Declaration>): void {
  const lines = readFileSync(file, "utf8").split("\n");
  lines.forEach((line, i) => {
    const head = HEAD.exec(
      /^(?:export|abstract|class|interface|function)/.test(line) ? signature(lines, i) : "",
    );
    if (head === null) return;
    const [, word = "", name = "", base] = head;
    if (word.endsWith("function")) {
      const type = /^.*\): (.*?)(?: \{|;)$/.exec(signature(lines, i))?.[1] ?? "";
      const self = { name: "", isPublic: true, type, isMethod: true };
      const members = [...(into.get(name)?.members ?? []), self];
      into.set(name, { kind: "function", base: undefined, members });
      return;
    }
    const end = lines.indexOf("}", i);
    const members = membersOf(lines.slice(i + 1, end));
    into.set(name, { kind: word as Declaration["kind"], base, members });
  });
}

/** Entries beside the portable one; they have names of their own. */
const adapters = /^(?:http|db)[/\\]/;

/** Everything that is declared in the layers of `src/`, by name. */
export function declarations(): ReadonlyMap<string, Declaration> {
  const all = new Map<string, Declaration>();
  for (const path of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".ts") && !adapters.test(path)) declarationsOf(join(src, path), all);
  }
  return all;
}

/** The names that `src/index.ts` exports, types included. */
export function exportedNames(): readonly string[] {
  const index = readFileSync(join(src, "index.ts"), "utf8");
  return [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
    names
      .split(",")
      .map((name) => name.replace("type ", "").trim())
      .filter((name) => name !== ""),
  );
}

/** The members of a class and of all that it extends. */
export function allMembers(
  of: Declaration,
  all: ReadonlyMap<string, Declaration>,
): readonly Member[] {
  const own = new Set(of.members.map(({ name }) => name));
  const base = of.base === undefined ? undefined : all.get(of.base);
  const inherited = base === undefined ? [] : allMembers(base, all);
  return [...of.members, ...inherited.filter(({ name }) => !own.has(name))];
}

/**
 * The public functions and methods that are declared to return a promise or an async iterator:
 * `sleep`, `Queue.get`, and by the property that holds it `RwLock.read.acquire`.
 */
export function asyncMembers(): readonly string[] {
  const all = declarations();
  const found: string[] = [];
  const add = (path: string, declaration: Declaration): void => {
    for (const { name, isPublic, type, isMethod } of allMembers(declaration, all)) {
      if (!isPublic) continue;
      const held = all.get(/^\w+/.exec(type)?.[0] ?? "");
      if (isMethod && /\b(?:Promise|PromiseLike|Async\w*)</.test(type)) {
        const call = declaration.kind === "function" ? "" : "()";
        found.push(name === "" ? `${path}${call}` : `${path}.${name}`);
      } else if (!isMethod && held?.kind === "abstract class") {
        add(`${path}.${name}`, held);
      }
    }
  };
  for (const name of exportedNames()) {
    const declaration = all.get(name);
    if (declaration !== undefined && declaration.kind !== "abstract class") add(name, declaration);
  }
  return [...new Set(found)].toSorted();
}
