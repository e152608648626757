import type { DevServer } from "../../dev-server.ts";

const APP = `from fastapi import Cookie, FastAPI, Response, WebSocket
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

app = FastAPI()


class Account(BaseModel):
    name: str


@app.get("/", response_class=HTMLResponse)
def home():
    return """<link rel="icon" href="data:,"><h1>Hello FastAPI</h1><p id="reply"></p><script>
const socket = new WebSocket(location.origin.replace("http", "ws") + "/echo");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => { reply.textContent = data; };
</script>"""


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text("you said " + text)


@app.post("/account/")
def sign_in(account: Account, response: Response):
    response.set_cookie("name", account.name, httponly=True)
    return account


@app.get("/account/", response_class=HTMLResponse)
def show(name: str = Cookie("nobody")):
    return "<link rel='icon' href='data:,'>Signed in as " + ("Ada" if name == "Ada" else "somebody")
`;

export const fastapi: DevServer = {
  name: "fastapi",
  title: "FastAPI (uvicorn)",
  port: 8000,
  project: {
    debian: ["python3-fastapi", "uvicorn", "python3-websockets"],
    files: { "main.py": APP },
    version: { debian: "python3-fastapi" },
  },
  start: "uvicorn main:app --reload",
  remark: "live: what its WebSocket sends",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.see("Hello FastAPI");
    },
    // Without the slash at its end it is redirected to an absolute URL, with the method and the body.
    post: async (visit) => {
      await visit.open();
      const { name } = await visit.callJson<{ name: string }>("POST", "/account", { name: "Ada" });
      if (name !== "Ada") throw new Error(`the API responded with ${name}`);
    },
    live: async (visit) => {
      await visit.open();
      await visit.see("you said hello");
    },
    redirect: async (visit) => {
      await visit.open("/account");
      await visit.page.waitForURL(`${visit.origin}/account/`);
    },
    login: async (visit) => {
      await visit.open("/account/");
      await visit.see("Signed in as Ada");
    },
  },
};
