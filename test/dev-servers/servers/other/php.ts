import type { DevServer } from "../../dev-server.ts";
import { ACCOUNT_CHECKS } from "../account-checks.ts";

const INDEX = `<?php
session_start();
$path = parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH);
$_SESSION["token"] ??= bin2hex(random_bytes(16));
if ($path === "/moved") {
    header("Location: http://" . $_SERVER["HTTP_HOST"] . "/account?moved");
    exit;
}
if ($path === "/account" && $_SERVER["REQUEST_METHOD"] === "POST") {
    if (!hash_equals($_SESSION["token"], $_POST["token"])) {
        http_response_code(403);
        exit;
    }
    $_SESSION["name"] = $_POST["name"];
    header("Location: /account");
    exit;
}
echo "<link rel=icon href='data:,'>";
if ($path === "/account") {
    echo "<p>Signed in as " . htmlspecialchars($_SESSION["name"] ?? "nobody") . "</p><form method=post>"
        . "<input type=hidden name=token value=" . $_SESSION["token"] . "><input name=name><button>Sign in</button></form>";
} else {
    echo "<h1>Hello PHP</h1>";
}
`;

export const php: DevServer = {
  name: "php",
  title: "PHP's built-in server",
  port: 8000,
  project: { debian: ["php-cli"], files: { "index.php": INDEX }, version: { debian: "php-cli" } },
  start: "php -S localhost:8000 index.php",
  remark: "live: load the page again",
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.locator("h1").waitFor();
    },
    ...ACCOUNT_CHECKS,
    live: async (visit) => {
      await visit.open();
      await visit.editServed("index.php", "Hello PHP");
    },
  },
};
