import type { DevServer } from "../../dev-server.ts";

const NOTEBOOK = JSON.stringify({
  cells: [{ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: ["1+1"] }],
  metadata: { kernelspec: { display_name: "Python 3", language: "python", name: "python3" } },
  nbformat: 4,
  nbformat_minor: 4,
});

export const jupyter: DevServer = {
  name: "jupyter",
  title: "Jupyter Notebook",
  port: 8888,
  project: {
    debian: ["jupyter-notebook"],
    files: { "demo.ipynb": NOTEBOOK },
    version: { debian: "jupyter-notebook" },
  },
  start: "jupyter notebook --no-browser --allow-root --NotebookApp.token=lovelace",
  // A package that Debian does not bring along.
  ownErrors: /nbextensions\/widgets/,
  remark: "live: a kernel runs `1+1`",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Token authentication is enabled");
    },
    post: async (visit) => {
      await visit.open("/login?next=%2Ftree");
      await visit.page.fill("#password_input", "lovelace");
      await visit.page.locator("#login_submit").click();
      await visit.see("demo.ipynb");
      visit.expectOrigin();
    },
    live: async (visit) => {
      await visit.open("/notebooks/demo.ipynb");
      await visit.page.locator("#kernel_indicator_icon.kernel_idle_icon").waitFor();
      await visit.page.locator(".cell .CodeMirror").first().click();
      await visit.page.keyboard.press("Shift+Enter");
      await visit.page.locator(".output_result", { hasText: "2" }).first().waitFor();
    },
    login: async (visit) => {
      await visit.open("/tree");
      await visit.see("demo.ipynb");
    },
  },
};
