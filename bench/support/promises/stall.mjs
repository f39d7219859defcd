import { noop } from "../work.mjs";
import { no, yes } from "./verdict.mjs";

const LOOPS = 20;
const ROUNDS = 3;
const MOST_GAP_MS = 20;

/** Loops that call again as soon as they are answered. */
async function loops(call, calls) {
  let left = calls;
  const loop = async () => {
    while (left-- > 0) await call(noop);
  };
  await Promise.all(Array.from({ length: LOOPS }, loop));
}

/** Time that this thread has worked: what else the machine does is not the library's. */
function workedMs() {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1e3;
}

async function worstGap(work) {
  let worst = 0;
  let ticks = 0;
  let previous = workedMs();
  const tick = () => {
    const now = workedMs();
    worst = Math.max(worst, now - previous);
    previous = now;
    ticks++;
  };
  const timer = setInterval(tick, 1);
  await work();
  const fired = ticks > 0;
  tick();
  clearInterval(timer);
  return { worst, fired };
}

/** The longest that a 1 ms timer waits for this thread, of the best of three rounds, while `work` lasts. */
export async function gapDuring(work, calls) {
  const gaps = [];
  for (let i = 0; i < ROUNDS; i++) gaps.push(await worstGap(work));
  const [{ worst, fired }] = gaps.sort((a, b) => a.worst - b.worst);
  const during = `${calls.toLocaleString("en")} calls`;
  const said = fired
    ? `${worst.toFixed(1)} ms during ${during}`
    : `only after ${during}, ${worst.toFixed(1)} ms`;
  return (worst <= MOST_GAP_MS ? yes : no)(said);
}

export const stall = (run, calls) => gapDuring(() => loops(run, calls), calls);
