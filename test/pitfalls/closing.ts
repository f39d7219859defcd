/** Something that is closed while somebody waits at it. */
export interface Closing {
  /** What waits when it is closed. */
  readonly waits: Promise<unknown>[];
  close(): unknown;
  /** Those who come later. */
  late?(): Promise<unknown>[];
}

/** How each of them ends: "closed", "done" as an iteration does, or what it gave. */
export type Ends = readonly [waits: string[], late?: string[]];

export type Closings = Readonly<Record<string, readonly [() => Closing, ...Ends]>>;
