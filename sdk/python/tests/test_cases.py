"""The table of cases that all SDKs share."""

import json
import os
import unittest
from pathlib import Path
from unittest import mock

from pandastack_preview import Client
from pandastack_preview._errors import error_for
from pandastack_preview._events import parse_event
from pandastack_preview._http import Call
from pandastack_preview._retry import retry_delay

CASES = json.loads((Path(__file__).parents[2] / "cases.json").read_text())


class FakeTransport:
    """Counts its calls, and answers each with the same JSON."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.calls: list[Call] = []

    def call(self, call: Call) -> object:
        self.calls.append(call)
        return self.answer, {}


def create_sandbox(answer: object = None):
    client = Client(api_url="https://api.acme.dev", token="pvw_x")
    transport = FakeTransport({} if answer is None else answer)
    client._transport = transport
    return client.sandboxes.ref("1a2b3c4d"), transport


@mock.patch.dict(os.environ, {"PANDASTACK_API_KEY": "", "PANDASTACK_API_URL": ""})
class Cases(unittest.TestCase):
    def test_preview_url(self) -> None:
        for case in CASES["preview_urls"]:
            with self.subTest(case):
                sandbox = Client(case["api_url"], None, case.get("preview_host")).sandboxes.ref(case["id"])
                self.assertEqual(sandbox.preview_url(case["port"]), case["url"])
                host, port, tls = sandbox.resolve_exposed_port(case["port"])
                self.assertEqual(case["url"].startswith("https"), tls)
                self.assertIn(host, case["url"])
                self.assertTrue(case["url"].endswith(f":{port}") or port == 443)

    def test_a_bad_port_raises_before_a_call(self) -> None:
        for port in CASES["bad_ports"]:
            with self.subTest(port):
                sandbox, transport = create_sandbox()
                for call in (
                    sandbox.preview_url,
                    sandbox.get_host,
                    sandbox.signed_preview_url,
                    sandbox.wait_for_port,
                    lambda bad: sandbox.set_port_access(bad, "off"),
                ):
                    with self.assertRaisesRegex(ValueError, "^port must be a whole number from 1 to 65535"):
                        call(port)
                self.assertEqual(transport.calls, [])

    def test_a_bad_ttl_raises_before_a_call(self) -> None:
        for ttl in CASES["bad_ttls"]:
            with self.subTest(ttl):
                sandbox, transport = create_sandbox()
                with self.assertRaisesRegex(ValueError, "^ttl_seconds must be a whole number from 1 to 604800"):
                    sandbox.signed_preview_url(3000, ttl)
                self.assertEqual(transport.calls, [])

    def test_bad_texts_raise_a_type_error_that_names_them(self) -> None:
        sandbox, transport = create_sandbox()
        for name, values, use in (
            ("id", CASES["bad_ids"], Client(token="x").sandboxes.ref),
            ("api_url", CASES["bad_api_urls"], lambda bad: Client(api_url=bad)),
            ("preview_host", CASES["bad_preview_hosts"], lambda bad: Client(preview_host=bad)),
            ("token", CASES["bad_link_tokens"], sandbox.revoke_preview_url),
            ("access", CASES["bad_accesses"], lambda bad: sandbox.set_port_access(80, bad)),
        ):
            for value in values:
                with self.subTest(name=name, value=value):
                    with self.assertRaisesRegex(TypeError, f"^{name} must be"):
                        use(value)
        self.assertEqual(transport.calls, [])

    def test_preview_urls_reads_both_shapes(self) -> None:
        for case in CASES["port_lists"]:
            with self.subTest(case):
                sandbox, _ = create_sandbox(case["body"])
                self.assertEqual(list(sandbox.preview_urls()), case["ports"])

    def test_errors(self) -> None:
        for case in CASES["errors"]:
            with self.subTest(case):
                problem = {"code": case["code"], "detail": "Why.", "open_ports": [8080], "request_id": "r"}
                error = error_for(case["status"], problem)
                self.assertEqual(type(error).__name__, case["error"])
                self.assertEqual((error.code, error.status, str(error)), (case["code"], case["status"], "Why."))
                self.assertEqual((error.open_ports, error.request_id), ([8080], "r"))

    def test_retry_delays(self) -> None:
        for case in CASES["retry_delays"]:
            with self.subTest(case):
                delay = retry_delay(case["attempt"], case.get("retry_after"), lambda: case["random"])
                self.assertEqual(None if delay is None else delay * 1000, case["delay_ms"])

    def test_events(self) -> None:
        for case in CASES["events"]:
            with self.subTest(case):
                self.assertEqual(parse_event(case["block"].split("\n")), (case["event"], case["data"]))
