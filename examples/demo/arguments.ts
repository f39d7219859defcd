import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { FetchLimits } from "./crawl/page.ts";

/** What the user asked for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "site"; readonly limits: FetchLimits; readonly quick: boolean }
  | {
      readonly kind: "gather";
      readonly limits: FetchLimits;
      readonly urls: readonly string[];
      /** The file for the results, or `undefined` for standard output. */
      readonly out: string | undefined;
    };

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError" as const;
}

/** What `--help` prints. */
export const usage = `Usage:
  npm run demo                          serve a site with faults, and crawl it
  npm run demo -- URL...                fetch these pages, and print one line of JSON for each
  npm run demo -- --urls FILE           fetch the pages listed in a file, one a line

Options:
  --out FILE         write the lines of JSON to a file
  --quick            crawl a small site, once
  --concurrency N    at most N requests at once
  --per-origin N     at most N requests at once to one origin
  --timeout MS       the time for one attempt at a page
  --deadline MS      the time for all pages
  --attempts N       how often a page is tried
  --help             print this
`;

const siteLimits: FetchLimits = {
  concurrency: 24,
  perOrigin: 9,
  timeoutMs: 1500,
  deadlineMs: 60_000,
  attempts: 6,
};

const gatherLimits: FetchLimits = {
  concurrency: 32,
  perOrigin: 6,
  timeoutMs: 10_000,
  deadlineMs: Infinity,
  attempts: 4,
};

/**
 * Reads the command line, and the file of URLs if it names one.
 *
 * @throws {UsageError} If it cannot be understood or the file cannot be read.
 */
export async function parseCommand(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: "help" };

  const gathers = positionals.length > 0 || values.urls !== undefined;
  const defaults = gathers ? gatherLimits : siteLimits;
  const limits: FetchLimits = {
    concurrency: positiveInteger("--concurrency", values.concurrency, defaults.concurrency),
    perOrigin: positiveInteger("--per-origin", values["per-origin"], defaults.perOrigin),
    timeoutMs: positiveInteger("--timeout", values.timeout, defaults.timeoutMs),
    deadlineMs: positiveInteger("--deadline", values.deadline, defaults.deadlineMs),
    attempts: positiveInteger("--attempts", values.attempts, defaults.attempts),
  };
  if (!gathers) {
    if (values.out !== undefined) throw new UsageError("--out is for pages of your own: name URLs");
    return { kind: "site", limits, quick: values.quick };
  }
  if (values.quick) throw new UsageError("--quick is for the demo's own site: name no URLs");

  const listed = values.urls === undefined ? [] : await readUrls(values.urls);
  const urls = [...positionals, ...listed].map(parseUrl);
  return { kind: "gather", limits, urls: [...new Set(urls)], out: values.out };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        urls: { type: "string" },
        out: { type: "string" },
        quick: { type: "boolean", default: false },
        concurrency: { type: "string" },
        "per-origin": { type: "string" },
        timeout: { type: "string" },
        deadline: { type: "string" },
        attempts: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positiveInteger(option: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new UsageError(`${option} must be a positive integer, received "${value}"`);
  }
  return number;
}

async function readUrls(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`--urls cannot be read: ${(error as Error).message}`);
  }
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new UsageError(`A page must be an http: or https: URL, received "${text}"`);
  }
  return url.href;
}
