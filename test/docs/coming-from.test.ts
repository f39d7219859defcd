import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { explicit } from "../support/mode.ts";
import { requires, type ServiceTest } from "../support/services.ts";
import { allPairs, type Block } from "./pairs.ts";
import { runExample, runJavaScript, runPython } from "./run-example.ts";

const sections = [
  "p-limit",
  "p-queue",
  "p-map",
  "p-throttle",
  "p-retry",
  "p-timeout",
  "bottleneck",
  "async",
  "cockatiel",
  "opossum",
  "Promise",
  "asyncio",
];

function hasPython(): boolean {
  try {
    const old = "import sys; sys.exit(sys.version_info < (3, 11))";
    execFileSync("python3", ["-c", old], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const pairs = allPairs();
const programs = pairs.map(({ peer }) => peer).filter(({ language }) => language === "python");
let printed: Promise<string[][]> | undefined;

async function runPeer(peer: Block): Promise<string[]> {
  if (peer.language === "js") return runJavaScript(`peer-${peer.line}`, peer.code);
  printed ??= runPython(programs.map(({ code }) => code));
  return (await printed)[programs.indexOf(peer)]!;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.skipIf(explicit)("docs/coming-from.md (needs ambient scopes)", () => {
  const pythonTest = requires("python3, 3.11 or later", hasPython());

  for (const { section, differs, peer, corral } of pairs) {
    const run: ServiceTest = peer.language === "python" ? pythonTest : test;
    run(`${section}: both sides of line ${peer.line} print what they say`, async () => {
      const theirs = await runPeer(peer);
      const ours = await runExample(`corral-${corral.line}`, corral.code);
      expect(theirs).toEqual(peer.prints);
      expect(ours).toEqual(corral.prints);
      expect(theirs).not.toHaveLength(0);
      if (differs) expect(ours).not.toEqual(theirs);
      else expect(ours).toEqual(theirs);
    });
  }

  test("has a section for each of what people come from", () => {
    const found = [...new Set(pairs.map(({ section }) => /^[\w-]+/.exec(section)![0]))];
    expect(found).toEqual(sections);
  });

  test("names the versions that are installed", () => {
    const { devDependencies } = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
    ) as { devDependencies: Record<string, string> };
    const named = pairs.flatMap(({ section }) => /^(\S+) (\d\S+)$/.exec(section)?.slice(1) ?? []);
    const used = pairs.flatMap(({ peer }) => /from "([a-z-]+)";/.exec(peer.code)?.[1] ?? []);
    for (const name of used) {
      expect(named).toContain(name);
      expect(named[named.indexOf(name) + 1]).toBe(devDependencies[name]);
    }
  });
});
