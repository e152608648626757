"""Calls against a server of this process."""

import http.server
import json
import os
import threading
import unittest
from unittest import mock

from pandastack_preview import (
    Client,
    ConfigurationError,
    NetworkError,
    PandaStackError,
    PortTimeoutError,
    RateLimitError,
)

TOKEN = "pvw_secret-of-this-test"
ID = "1a2b3c4d"
READY = "event: ready\ndata: {}\n\n"


def event(port: int, is_open: bool) -> str:
    return f"event: port\ndata: {json.dumps({'port': port, 'open': is_open})}\n\n"


class Server:
    """Gives these answers, the last one for ever: status, body and fields; ``None`` closes the connection."""

    def __init__(self, *answers: object) -> None:
        self.requests: list = []
        pending = list(answers)
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def respond(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                requests.append((self.command, self.path, body, dict(self.headers)))
                answer = pending.pop(0) if len(pending) > 1 else pending[0]
                if answer is None:
                    return
                status, content, fields = answer
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content.encode())

            do_GET = do_POST = do_PUT = do_DELETE = respond

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://api.localhost:{self._server.server_address[1]}"

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def client(self, **options: object) -> Client:
        return Client(self.url, TOKEN, **options)  # type: ignore[arg-type]


def ok(value: object, **fields: str) -> tuple:
    return 200, json.dumps(value), fields


def problem(status: int, code: str, **fields: str) -> tuple:
    return status, json.dumps({"code": code, "detail": f"It is {code}."}), fields


@mock.patch("time.sleep")
class Transport(unittest.TestCase):
    def test_sends_token_path_and_body(self, _: object) -> None:
        with Server(ok({"url": "x", "token": "y"})) as server:
            server.client().sandboxes.ref(ID).signed_preview_url(3000, 60, paths=["/docs"], verify=True)
            [(method, path, body, headers)] = server.requests
            self.assertEqual((method, path), ("POST", f"/v1/sandboxes/{ID}/preview-token"))
            self.assertEqual(body, {"port": 3000, "ttl_seconds": 60, "paths": ["/docs"], "verify": True})
            self.assertEqual(headers["authorization"], f"Bearer {TOKEN}")

    def test_repeats_after_429_and_503_as_long_as_the_response_says(self, sleep: mock.Mock) -> None:
        limited = problem(429, "rate_limited", **{"retry-after": "7"})
        with Server(limited, problem(503, "edge_unavailable"), ok({"url": "x"})) as server:
            server.client().sandboxes.ref(ID).signed_preview_url(3000)
            self.assertEqual(len(server.requests), 3)
            self.assertTrue(7 <= sleep.call_args_list[0].args[0] <= 7.25)
            self.assertTrue(sleep.call_args_list[1].args[0] <= 1)

    def test_gives_up_after_three_retries(self, _: object) -> None:
        with Server(problem(429, "rate_limited")) as server:
            with self.assertRaises(RateLimitError):
                server.client().sandboxes.ref(ID).preview_urls()
            self.assertEqual(len(server.requests), 4)

    def test_repeats_what_was_lost_only_where_that_cannot_do_it_twice(self, _: object) -> None:
        with Server(None, ok({"ports": []})) as server:
            self.assertEqual(server.client().sandboxes.ref(ID).preview_urls(), {})
        with Server(None, ok({"url": "x"})) as server:
            with self.assertRaises(NetworkError):
                server.client().sandboxes.ref(ID).signed_preview_url(3000)
            self.assertEqual(len(server.requests), 1)

    def test_creates_with_one_idempotency_key_for_all_attempts(self, _: object) -> None:
        with Server(None, (201, json.dumps({"id": ID}), {})) as server:
            self.assertEqual(server.client().sandboxes.create("web").id, ID)
            server.client().sandboxes.create("web")
            first, second, third = [headers["idempotency-key"] for *_, headers in server.requests]
            self.assertEqual(first, second)
            self.assertNotEqual(first, third)

    def test_makes_an_error_of_what_is_no_problem(self, _: object) -> None:
        for answer, code in (
            ((502, "<html>bad gateway", {}), "http_502"),
            ((403, "null", {}), "http_403"),
            ((307, "", {"location": "https://evil.test"}), "http_307"),
        ):
            with self.subTest(code), Server(answer) as server:
                with self.assertRaises(PandaStackError) as raised:
                    server.client().sandboxes.ref(ID).preview_urls()
                self.assertEqual(raised.exception.code, code)

    def test_follows_the_pages(self, _: object) -> None:
        link = '<http://api.acme.dev/v1/sandboxes?cursor=b>; rel="next"'
        with Server(ok([{"id": "a"}, {"id": "b"}], link=link), ok([{"id": "c"}])) as server:
            ids = [sandbox.id for sandbox in server.client().sandboxes.list(limit=2)]
            self.assertEqual(ids, ["a", "b", "c"])
            self.assertEqual([path.split("?")[1] for _, path, *_ in server.requests], ["limit=2", "limit=2&cursor=b"])

    def test_keeps_lists_and_replays_requests(self, _: object) -> None:
        log = f"/v1/sandboxes/{ID}/requests"
        shown = {"id": "mhw1a2b3c0001"}
        with Server(ok({}), ok({}), ok({"requests": [shown]}), ok(shown), ok({"original": shown})) as server:
            sandbox = server.client().sandboxes.ref(ID)
            sandbox.set_capture(3000, bodies=True)
            sandbox.end_capture(3000)
            self.assertEqual(sandbox.requests(port=3000, status="4xx", path="/a b"), [shown])
            self.assertEqual(sandbox.request("mhw1a2b3c0001"), shown)
            for body in (b"\x00\xff", "text", None):
                sandbox.replay_request("mhw1a2b3c0001", headers={"x-a": None}, body=body)
            self.assertEqual(
                [(method, path, body) for method, path, body, _ in server.requests],
                [
                    ("PUT", f"/v1/sandboxes/{ID}/ports/3000/capture", {"bodies": True}),
                    ("DELETE", f"/v1/sandboxes/{ID}/ports/3000/capture", None),
                    ("GET", f"{log}?port=3000&status=4xx&path=%2Fa+b", None),
                    ("GET", f"{log}/mhw1a2b3c0001", None),
                    ("POST", f"{log}/mhw1a2b3c0001/replay", {"headers": {"x-a": None}, "body_base64": "AP8="}),
                    ("POST", f"{log}/mhw1a2b3c0001/replay", {"headers": {"x-a": None}, "body": "text"}),
                    ("POST", f"{log}/mhw1a2b3c0001/replay", {"headers": {"x-a": None}}),
                ],
            )
            for wrong in ("../ports", "", "mhw1a2b3c0001/x"):
                with self.assertRaises(TypeError):
                    sandbox.request(wrong)
            self.assertEqual(len(server.requests), 7)

    def test_names_the_variable_where_there_is_no_token(self, _: object) -> None:
        with mock.patch.dict(os.environ, {"PANDASTACK_API_KEY": ""}):
            sandbox = Client().sandboxes.ref(ID)
        with self.assertRaisesRegex(ConfigurationError, "PANDASTACK_API_KEY"):
            sandbox.preview_urls()

    def test_shows_the_token_nowhere(self, _: object) -> None:
        with Server(None) as server:
            client = server.client(max_retries=0)
            with self.assertRaises(NetworkError) as raised:
                client.sandboxes.ref(ID).preview_urls()
            for shown in (client, client.sandboxes.ref(ID), raised.exception):
                self.assertNotIn(TOKEN, repr(shown) + str(shown))


@mock.patch("time.sleep")
class Streams(unittest.TestCase):
    def test_watch_ports_gives_only_what_has_changed(self, _: object) -> None:
        first = (200, event(3000, True) + READY + ": ping\n\n" + event(80, True), {})
        second = (200, event(5173, True) + event(80, True) + READY, {})
        with Server(first, second) as server:
            changes = server.client().sandboxes.ref(ID).watch_ports()
            seen = [tuple(next(changes)) for _ in range(4)]
            self.assertEqual(seen, [(3000, True), (80, True), (5173, True), (3000, False)])

    def test_wait_for_port_has_the_host_dial_it(self, _: object) -> None:
        with Server((200, READY + event(3000, True), {})) as server:
            server.client().sandboxes.ref(ID).wait_for_port(3000)
            self.assertEqual(server.requests[0][1], f"/v1/sandboxes/{ID}/ports/events?dial=3000")

    def test_wait_for_port_ends_after_its_time(self, _: object) -> None:
        with Server((200, event(8080, True) + READY, {})) as server:
            with self.assertRaises(PortTimeoutError) as raised:
                server.client().sandboxes.ref(ID).wait_for_port(3000, timeout=0.3)
            self.assertEqual(raised.exception.open_ports, [8080])
