import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Where the server's programs are; Debian keeps them out of the path. */
function programs(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted() : [];
  const folders = versions.map((version) => join(debian, version, "bin")).toReversed();
  return [...folders, ...(process.env["PATH"] ?? "").split(":")].find((folder) =>
    existsSync(join(folder, "initdb")),
  );
}

/** It refuses to run as root, who has another user for it. */
function owner(): { uid: number; gid: number } | undefined | "nobody" {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const [uid, gid] = ["-u", "-g"].map((flag) =>
      Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
    );
    return { uid: uid!, gid: gid! };
  } catch {
    return "nobody";
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

/** A PostgreSQL server of a test's own, which it may stop and start. */
export class OwnPostgres {
  /** Whether this machine has what it takes. */
  static get available(): boolean {
    return programs() !== undefined && owner() !== "nobody";
  }

  readonly port: number;
  readonly #folder: string;
  readonly #user: { uid: number; gid: number } | undefined;
  #server: ChildProcess | undefined;

  private constructor(
    port: number,
    folder: string,
    user: { uid: number; gid: number } | undefined,
  ) {
    this.port = port;
    this.#folder = folder;
    this.#user = user;
  }

  static async start(): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), "corral-postgres-"));
    const user = owner() as { uid: number; gid: number } | undefined;
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const data = join(folder, "data");
    const options = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"];
    execFileSync(join(programs()!, "initdb"), options, { ...user, stdio: "ignore", cwd: folder });
    const own = new OwnPostgres(await freePort(), folder, user);
    await own.up();
    return own;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async up(): Promise<void> {
    const options = ["-D", join(this.#folder, "data"), "-p", String(this.port)];
    options.push("-h", "127.0.0.1", "-k", this.#folder, "-F");
    this.#server = spawn(join(programs()!, "postgres"), options, {
      ...this.#user,
      cwd: this.#folder,
      stdio: "ignore",
    });
    // A test that ran out of time leaves none behind.
    const server = this.#server;
    const end = (): void => void server.kill("SIGQUIT");
    process.once("exit", end);
    server.once("exit", () => process.off("exit", end));
    while (!(await answers(this.port))) {
      if (this.#server.exitCode !== null) throw new Error("Cannot start PostgreSQL: it has ended");
      await wait(20);
    }
  }

  /** Stops it as a deployment does: sessions are ended at once. */
  async down(signal: "SIGINT" | "SIGQUIT" = "SIGINT"): Promise<void> {
    const server = this.#server!;
    const ended = new Promise((resolve) => {
      server.once("exit", resolve);
    });
    server.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    if (this.#server?.exitCode === null) await this.down();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
