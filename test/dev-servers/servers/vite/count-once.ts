import type { Visit } from "../../visit/visit.ts";

/** Presses the counter of Vite's templates: it counts only where the page's script runs. */
export async function countOnce(visit: Visit): Promise<void> {
  await visit.page.getByRole("button", { name: "Count is 0" }).click();
  await visit.see("Count is 1");
}
