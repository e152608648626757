/** One worker in the foreground. A worker of root's stays root, because the bench's files are its own. */
export function nginxBasics(): string {
  return `${process.getuid?.() === 0 ? "user root;\n" : ""}daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 16000; }`;
}
