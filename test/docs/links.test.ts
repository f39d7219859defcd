import { describe, expect, test } from "vitest";
import { deadLinks, pages } from "./links.ts";

describe("links between the pages of the repository", () => {
  test.each(pages())("%s: each leads somewhere", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });
});
