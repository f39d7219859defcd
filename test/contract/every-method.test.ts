// No method that waits escapes the contract.
import { describe, expect, test } from "vitest";
import * as corral from "corral";
import {
  allMembers,
  asyncMembers,
  type Declaration,
  declarations,
  exportedNames,
} from "./public-members.ts";
import { notWaiting, waitingMethods } from "./waiting-methods.ts";

const inTable = new Set(waitingMethods.map(({ member }) => member));

function known(name: string): boolean {
  return inTable.has(name) || name in notWaiting;
}

test("whatever is exported and gives a promise is in the table, or says why it is not", () => {
  expect(asyncMembers().filter((name) => !known(name))).toEqual([]);
});

test("the table and the exceptions name what there is, and nothing is in both", () => {
  const all = new Set(asyncMembers());
  const named = [...inTable, ...Object.keys(notWaiting)];
  expect(named.filter((name) => !all.has(name))).toEqual([]);
  expect([...inTable].filter((name) => name in notWaiting)).toEqual([]);
});

/** What is declared in a class or above it, whether public or not. */
function declared(name: string, all: ReadonlyMap<string, Declaration>): string[] {
  return allMembers(all.get(name)!, all).map((member) => member.name);
}

// The sources are read as text: this sees what such a reading has overlooked.
describe("the reading of the sources finds", () => {
  const all = declarations();
  const values = Object.entries(corral).filter(([, value]) => typeof value === "function");
  const classes = values.filter(([name]) => all.get(name)?.kind === "class");

  test("the declaration of each exported name", () => {
    const missing = values.filter(([name]) => !all.has(name));
    expect(missing).toEqual([]);
    expect(Object.keys(corral).filter((name) => !exportedNames().includes(name))).toEqual([]);
    expect(classes.length).toBeGreaterThan(15);
  });

  test.each(classes)("each member of %s", (name, value) => {
    const own = Object.getOwnPropertyNames((value as { prototype: object }).prototype);
    const read = ["constructor", ...declared(name, all)];
    expect(own.filter((key) => !read.includes(key))).toEqual([]);
  });

  test("what is inherited, what is held, and what is called itself", () => {
    const found = asyncMembers();
    expect(found).toEqual(
      expect.arrayContaining(["Mutex.run", "RwLock.write.acquire", "Limit()", "sleep"]),
    );
  });
});
