import type { DevServer } from "../../dev-server.ts";
import { ACCOUNT_CHECKS } from "../account-checks.ts";

const APP = `from flask import Flask, redirect, render_template_string, request, session, url_for
from flask_wtf.csrf import CSRFProtect

app = Flask(__name__)
app.secret_key = "keyboard cat"
CSRFProtect(app)

HEAD = "<link rel=icon href='data:,'>"
ACCOUNT = HEAD + """<p>Signed in as {{ session.name or "nobody" }}</p><form method="post">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><input name="name"><button>Sign in</button></form>"""


@app.get("/")
def home():
    return HEAD + "<h1>Hello Flask</h1>"


@app.route("/account", methods=["GET", "POST"])
def account():
    if request.method == "POST":
        session["name"] = request.form["name"]
        return redirect(url_for("account"))
    return render_template_string(ACCOUNT)


@app.get("/moved")
def moved():
    return redirect(url_for("account", _external=True) + "?moved")
`;

export const flask: DevServer = {
  name: "flask",
  title: "Flask",
  port: 5000,
  project: {
    debian: ["python3-flask", "python3-flaskext.wtf"],
    files: { "app.py": APP },
    version: { debian: "python3-flask" },
  },
  start: { file: "flask", args: ["run"], env: { FLASK_DEBUG: "1" } },
  remark: "live: the server restarts; load the page again",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.locator("h1").waitFor();
    },
    ...ACCOUNT_CHECKS,
    live: async (visit) => {
      await visit.open();
      await visit.editServed("app.py", "Hello Flask");
    },
  },
};
