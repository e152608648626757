import { render } from "preact";
import { takeHandedToken } from "./api/session.ts";
import { App } from "./app.tsx";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/views.css";

takeHandedToken();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
