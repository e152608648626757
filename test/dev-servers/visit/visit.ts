import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { DOMAIN } from "../domain.ts";
import type { Flavour } from "../flavour.ts";
import { replaceOnce } from "../project/project.ts";

const TIMEOUT_MS = 30_000;
const POLL_MS = 250;
const MAX_ERRORS = 10;
const MAX_ERROR_CHARACTERS = 300;

/** The part of a guest that its visits need. */
export interface VisitPlace {
  /** Of the project. */
  readonly folder: string;
  readonly origins: Readonly<Record<Flavour, string>>;
  /** The project's files before the first edit, by path. */
  readonly originals: Map<string, string>;
}

/** A visitor's page at one URL of a guest, and what its console says. */
export class Visit {
  readonly page: Page;
  readonly flavour: Flavour;
  readonly origin: string;
  /** What the console, the page and our refusals reported. */
  readonly errors: string[] = [];
  readonly #place: VisitPlace;
  /** Resolved when a socket of the page has received something. */
  #socketSpoke = Promise.withResolvers<void>();

  constructor(page: Page, flavour: Flavour, place: VisitPlace) {
    this.page = page;
    this.flavour = flavour;
    this.origin = place.origins[flavour];
    this.#place = place;
    page.setDefaultTimeout(TIMEOUT_MS);
    page.on("request", (request) => {
      if (request.isNavigationRequest() && request.frame() === page.mainFrame())
        this.#socketSpoke = Promise.withResolvers<void>();
    });
    page.on("websocket", (socket) => socket.once("framereceived", () => this.#socketSpoke.resolve()));
    page.on("pageerror", (error) => this.#note(error.message));
    page.on("console", (message) => {
      const { url } = message.location();
      if (message.type() === "error" && !isElsewhere(url)) this.#note(`${message.text()} (${url})`);
    });
    page.on("response", (response) => {
      const code = response.headers()["preview-error"];
      if (code !== undefined) this.#note(`refused with ${code}: ${response.url()}`);
    });
  }

  /** Unlike the other flavour's: an edit is one only where it changes the file. */
  get edited(): string {
    return `Edited for the ${this.flavour} URL`;
  }

  /** @throws {Error} unless the response is a success on the public origin */
  async open(path = "/"): Promise<void> {
    const response = await this.page.goto(this.origin + path, { waitUntil: "load" });
    if (response?.ok() !== true) throw new Error(`${path} responded with ${response?.status()}`);
    this.expectOrigin();
  }

  /** @throws {Error} where the page is elsewhere */
  expectOrigin(): void {
    const { origin } = new URL(this.page.url());
    if (origin !== this.origin) throw new Error(`the page is at ${origin}`);
  }

  /** Waits until the text is on the page. */
  async see(text: string): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Replaces text in a file of the project, as an editor does. */
  async edit(path: string, from: string, to = this.edited): Promise<void> {
    const at = join(this.#place.folder, path);
    const original = this.#place.originals.get(path) ?? (await readFile(at, "utf8"));
    this.#place.originals.set(path, original);
    await writeFile(at, replaceOnce(path, original, { from, to }));
  }

  /** Edits, and waits for the new text on the page, which must not have been loaded again. */
  async editLive(path: string, from: string): Promise<void> {
    await this.#untilConnected();
    await this.page.evaluate(() => Object.assign(window, { survived: true }));
    await this.edit(path, from);
    await this.see(this.edited);
    if (!(await this.page.evaluate(() => "survived" in window))) throw new Error("the page was reloaded");
  }

  /** Edits, and waits for the new text, for servers that reload the page. */
  async editAndReload(path: string, from: string): Promise<void> {
    await this.#untilConnected();
    await this.edit(path, from);
    await this.see(this.edited);
  }

  /** Edits, and loads the page until it has the new text, for servers that restart: they refuse for a moment. */
  async editServed(path: string, from: string, page = "/"): Promise<void> {
    await this.edit(path, from);
    const before = this.errors.length;
    const deadlineMs = Date.now() + TIMEOUT_MS;
    while (!(await this.#shows(this.edited, page))) {
      if (Date.now() > deadlineMs) throw new Error(`${page} does not show the edited text`);
      await setTimeout(POLL_MS);
    }
    this.errors.length = before;
    this.expectOrigin();
  }

  /** Calls the app's API from the page, with JSON both ways. */
  callJson<T>(method: string, path: string, body: unknown): Promise<T> {
    const headers = { "content-type": "application/json" };
    return this.page.evaluate(
      async ([url, init]) => {
        const response = await fetch(url, init);
        if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
        return response.json();
      },
      [path, { method, headers, body: JSON.stringify(body) }] as const,
    ) as Promise<T>;
  }

  /** Waits until a file of the project contains the text. */
  async untilFile(path: string, text: string): Promise<void> {
    const deadlineMs = Date.now() + TIMEOUT_MS;
    const read = (): Promise<string> => readFile(join(this.#place.folder, path), "utf8").catch(() => "");
    while (!(await read()).includes(text)) {
      if (Date.now() > deadlineMs) throw new Error(`${path} does not contain ${text}`);
      await setTimeout(POLL_MS);
    }
  }

  /** An edit before the page has its modules, and is connected to its server, is shown by no server. */
  async #untilConnected(): Promise<void> {
    await this.page.waitForLoadState("networkidle");
    const timeout = setTimeout(TIMEOUT_MS, "late", { ref: false });
    if ((await Promise.race([this.#socketSpoke.promise, timeout])) === "late")
      throw new Error("no WebSocket of the page has received anything");
  }

  /** A page that waits for its server loads itself, which ends a navigation of ours. */
  async #shows(text: string, page: string): Promise<boolean> {
    const response = await this.page.goto(this.origin + page, { waitUntil: "load" }).catch(() => null);
    return response?.ok() === true && (await this.page.getByText(text).first().isVisible());
  }

  #note(error: string): void {
    const short = error.replaceAll(/\s+/g, " ").slice(0, MAX_ERROR_CHARACTERS);
    if (this.errors.length < MAX_ERRORS && !this.errors.includes(short)) this.errors.push(short);
  }
}

/** On the Internet, which the browser of the matrix cannot reach; `localhost` would be a URL that we failed to rewrite. */
function isElsewhere(url: string): boolean {
  const { hostname } = URL.parse(url) ?? { hostname: "localhost" };
  return hostname !== "localhost" && !hostname.startsWith("127.") && !hostname.endsWith(`.${DOMAIN}`);
}
