import { dirname } from "node:path";

const REGULAR = 0o100_000;
const DIRECTORY = 0o040_000;
const SYMBOLIC_LINK = 0o120_000;
const CHARACTER_DEVICE = 0o020_000;

/**
 * Builds an initramfs (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Every entry belongs to root
 * and is from 1970, so the same content gives the same bytes.
 */
export class CpioArchive {
  readonly #chunks: Buffer[] = [];
  readonly #folders = new Set(["/", "."]);
  #entries = 0;

  file(path: string, content: Uint8Array, mode = 0o644): void {
    this.#add(path, REGULAR | mode, content);
  }

  symlink(path: string, target: string): void {
    this.#add(path, SYMBOLIC_LINK | 0o777, Buffer.from(target));
  }

  folder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#folders.add(path);
    this.#add(path, DIRECTORY | 0o755, Buffer.alloc(0));
  }

  characterDevice(path: string, major: number, minor: number): void {
    this.#add(path, CHARACTER_DEVICE | 0o600, Buffer.alloc(0), major, minor);
  }

  end(): Buffer {
    this.#write("TRAILER!!!", 0, Buffer.alloc(0), 0, 0);
    return Buffer.concat(this.#chunks);
  }

  #add(path: string, mode: number, content: Uint8Array, major = 0, minor = 0): void {
    this.folder(dirname(path));
    this.#write(path.replace(/^\//, ""), mode, content, major, minor);
  }

  #write(name: string, mode: number, content: Uint8Array, major: number, minor: number): void {
    this.#entries++;
    const fields = [this.#entries, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length + 1, 0];
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
    this.#chunks.push(padded(Buffer.from(head, "latin1")), padded(content));
  }
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
