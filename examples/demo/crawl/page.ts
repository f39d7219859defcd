/** How a page is to be fetched. */
export interface FetchLimits {
  /** The most requests at once. */
  readonly concurrency: number;
  /** The most requests at once to one origin. */
  readonly perOrigin: number;
  /** The time for one attempt, the body included. */
  readonly timeoutMs: number;
  /** The time for all pages. */
  readonly deadlineMs: number;
  /** How often a page is tried. */
  readonly attempts: number;
}

/** What a page was found to contain. */
export interface Content {
  readonly bytes: number;
  /** Where the page leads to, if that was asked for. */
  readonly links?: readonly string[];
}

/** What is read of a response: that of `fetch` has it as well. */
export interface Page {
  readonly url: string;
  readonly body: ReadableStream<Uint8Array> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Reads a page of HTML and the links in it. */
export async function readHtml(response: Page): Promise<Content> {
  const bytes = await response.arrayBuffer();
  const text = new TextDecoder().decode(bytes);
  const links: string[] = [];
  for (const [, href] of text.matchAll(/<a href="([^"]*)">/g)) {
    if (href !== undefined) links.push(new URL(href, response.url).href);
  }
  return { bytes: bytes.byteLength, links };
}

/** Reads a body of any kind and size, keeping nothing of it but its length. */
export async function readLength(response: Page): Promise<Content> {
  let bytes = 0;
  for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
  return { bytes };
}
