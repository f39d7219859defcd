import { plainCrawl } from "../crawl/plain.ts";
import { Tally } from "../report/tally.ts";
import { readCorpus, type Corpus } from "../site/corpus.ts";
import type { RoundRequest } from "./plain-process.ts";
import { runRound } from "./round.ts";

let corpus: Corpus | undefined;

process.on("message", (message) => {
  void answer(message as RoundRequest);
});

async function answer({ maxFiles, warmUpPages, limits }: RoundRequest): Promise<void> {
  corpus ??= await readCorpus(maxFiles);
  await runRound(plainCrawl, corpus, limits, new Tally(warmUpPages), (round) =>
    process.send?.(round),
  );
}
