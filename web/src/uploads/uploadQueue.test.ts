// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";

import { PutError } from "./putFile";
import { RefusedError, UnreachableError, type AnnouncedFile, type Asked, type UploadPorts, type Verdict } from "./uploadPorts";
import { UploadQueue } from "./uploadQueue";

/** A server in memory: takes files by their digest, checks them when told to, and can be made to fail. */
class Server implements UploadPorts {
  stored = new Set<string>();
  assets = new Set<string>();
  refuse = new Map<string, string>();
  requests: AnnouncedFile[][] = [];
  puts: string[] = [];
  putFaults: number[] = [];
  askFaults: Error[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  holding: Promise<void> | null = null;
  #tell = new Map<string, (cursor: string, verdict: Verdict | null) => void>();

  digest = async (file: Blob) => `sha-${await file.text()}`;
  sleep = async () => {};
  openBatch = async () => null;

  async request(_project: string, _batch: unknown, files: readonly AnnouncedFile[]): Promise<Asked> {
    const fault = this.askFaults.shift();
    if (fault) throw fault;
    this.requests.push([...files]);
    const place = files.findIndex(({ filename }) => filename.startsWith("-"));
    if (place >= 0) return { faults: new Map([[place, "begins with a dash"]]) };
    const targets = files.map(({ sha256 }) =>
      this.assets.has(sha256)
        ? { uploadId: null, url: null, headers: [], known: true }
        : { uploadId: `up-${sha256}`, url: this.stored.has(sha256) ? null : sha256, headers: [], known: false },
    );
    return { batchId: "batch", targets };
  }

  async put({ url }: { url: string }, file: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      onSent(file.size / 2);
      await (this.holding ?? Promise.resolve());
      signal.throwIfAborted();
      const fault = this.putFaults.shift();
      if (fault !== undefined) throw new PutError(fault);
      this.puts.push(url);
      this.stored.add(url);
    } finally {
      this.atOnce -= 1;
    }
  }

  async complete(_project: string, ids: readonly string[]): Promise<string> {
    setTimeout(() => {
      for (const uploadId of ids) {
        const problem = this.refuse.get(uploadId) ?? null;
        this.#tell.get("batch")?.("1", { uploadId, problem });
      }
    });
    return "batch";
  }

  follow(batchId: string, _after: string | null, onVerdict: (cursor: string, verdict: Verdict | null) => void) {
    this.#tell.set(batchId, onVerdict);
    return () => {};
  }
}

const choice = (...names: string[]) => ({
  batchName: "north",
  images: names.map((path) => ({ path, file: new File([path], path) })),
  others: 0,
});

let server: Server;
let queue: UploadQueue;

/** Lets no file arrive until it is released. */
function hold(): () => void {
  const held: (() => void)[] = [];
  server.holding = new Promise((resolve) => held.push(resolve));
  return () => held.forEach((resolve) => resolve());
}

beforeEach(() => {
  server = new Server();
  queue = new UploadQueue("project", server);
});

const finished = () => vi.waitFor(() => expect(queue.summary().status).toBe("finished"), { timeout: 3_000 });

describe("UploadQueue", () => {
  it("sends what the project lacks, and tells what became of each", async () => {
    server.assets.add("sha-b.jpg");
    server.refuse.set("up-sha-c.jpg", "It is no image.");
    queue.add(choice("a.jpg", "b.jpg", "c.jpg"));
    await finished();
    const { counts, failures, bytesDone, bytesTotal } = queue.summary();
    expect(counts).toMatchObject({ added: 1, known: 1, failed: 1 });
    expect(failures.map(({ name, problem }) => [name, problem])).toEqual([["c.jpg", "It is no image."]]);
    expect(server.puts.toSorted()).toEqual(["sha-a.jpg", "sha-c.jpg"]);
    expect(bytesDone).toBe(bytesTotal);
  });

  it("sends three at a time", async () => {
    const release = hold();
    queue.add(choice(..."abcdefgh"));
    await vi.waitFor(() => expect(server.atOnce).toBe(3));
    release();
    await finished();
    expect(server.mostAtOnce).toBe(3);
    expect(server.puts).toHaveLength(8);
  });

  it("announces the others when one cannot be announced", async () => {
    queue.add(choice("-a.jpg", "b.jpg"));
    await finished();
    expect(queue.summary().failures[0]?.problem).toBe("begins with a dash");
    expect(queue.summary().counts.added).toBe(1);
  });

  it("asks for a new address when one has expired or the storage fails", async () => {
    server.putFaults = [403, 503, 0];
    queue.add(choice("a.jpg"));
    await finished();
    expect(queue.summary().counts.added).toBe(1);
    expect(server.requests).toHaveLength(4);
  });

  it("fails a file that the storage refuses for good, and sends it when asked again", async () => {
    server.putFaults = [400];
    queue.add(choice("a.jpg", "b.jpg"));
    await finished();
    expect(queue.summary().failures.map(({ problem }) => problem)).toEqual(["The storage answered 400."]);
    queue.retryFailed();
    await vi.waitFor(() => expect(queue.summary().counts.added).toBe(2));
  });

  it("waits for a server that is away", async () => {
    server.askFaults = [new UnreachableError("away"), new UnreachableError("away")];
    queue.add(choice("a.jpg"));
    await finished();
    expect(queue.summary().counts.added).toBe(1);
    expect(queue.summary().offline).toBe(false);
  });

  it("stands still with the server's sentence when it refuses, and goes on when told to", async () => {
    server.askFaults = [new RefusedError("Your role does not allow it.")];
    queue.add(choice("a.jpg"));
    await vi.waitFor(() => expect(queue.summary().status).toBe("paused"));
    expect(queue.summary().problem).toBe("Your role does not allow it.");
    queue.resume();
    await finished();
  });

  it("begins again after a pause, without sending or reading anew what has arrived", async () => {
    queue.add(choice("a.jpg"));
    await finished();
    const release = hold();
    const digest = vi.spyOn(server, "digest");
    queue.add(choice("b.jpg", "c.jpg"));
    await vi.waitFor(() => expect(server.atOnce).toBe(2));
    queue.pause();
    server.stored.add("sha-b.jpg");
    server.holding = null;
    release();
    await vi.waitFor(() => expect(queue.summary().counts.waiting).toBe(2));
    queue.resume();
    await finished();
    expect(queue.summary().counts.added).toBe(2);
    expect(server.puts).toEqual(["sha-a.jpg", "sha-c.jpg"]);
    expect(digest).toHaveBeenCalledTimes(2);
  });

  it("forgets on cancel what was not sent, and keeps what was", async () => {
    server.holding = new Promise(() => {});
    queue.add(choice("a.jpg", "b.jpg"));
    await vi.waitFor(() => expect(server.atOnce).toBe(2));
    queue.cancel();
    await vi.waitFor(() => expect(queue.summary().status).toBe("empty"));
  });

  it("takes a folder that is dropped twice once", async () => {
    queue.add(choice("a.jpg", "b.jpg"));
    queue.add(choice("a.jpg", "b.jpg", "c.jpg"));
    await finished();
    expect(queue.summary().total).toBe(3);
  });

  it("counts files with equal bytes as one upload", async () => {
    queue.add({ batchName: "n", others: 0, images: ["x.jpg", "y.jpg"].map((path) => ({ path, file: new File(["same"], path) })) });
    await finished();
    expect(queue.summary().counts.added).toBe(2);
  });
});
