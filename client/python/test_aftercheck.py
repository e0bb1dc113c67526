"""Tests of aftercheck.py against real sidecars, run by python_test.go."""

import asyncio
import json
import logging
import os
import socket
import ssl
import subprocess
import threading
import unittest
import unittest.mock
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List

import aftercheck
from aftercheck import AftercheckError, AsyncClient, Client, Incident, Refused, Repair, Result, Unavailable
from harness import INCIDENT, Faulty, Patient, Sidecar, answering, dripping, eventually, hanging

logging.getLogger("aftercheck").setLevel(logging.CRITICAL)
ACTION = "restart_service:shop"
NONE = "/nowhere/aftercheck.sock"


class WithSidecar(unittest.TestCase):
    more = ""
    flags: List[str] = []

    def setUp(self) -> None:
        self.patient = Patient()
        self.addCleanup(self.patient.close)
        self.sidecar = Sidecar(self.patient, self.more, self.flags, certify if self.flags else None)
        self.addCleanup(self.sidecar.close)
        self.client, self.aio = Client(self.sidecar.socket), AsyncClient(self.sidecar.socket)


class Calls(WithSidecar):
    def test_whole_way(self) -> None:
        snapshot = self.client.capture(INCIDENT, ACTION, id="before")
        self.assertEqual((snapshot.id, snapshot.readings[0]["findings"][0]["state"]), ("before", "unhealthy"))
        self.assertEqual(self.client.capture(INCIDENT, ACTION, id="before").raw, snapshot.raw)
        self.patient.cure()
        v = self.client.verify(INCIDENT, ACTION, snapshot_id="before", id="after")
        self.assertEqual((v.id, v.state, v.verdict, v.reason, v.root_cause_cleared), ("after", "sealed", "success", "recovered", "yes"))
        self.assertEqual((v.score, v.regressions), (1, []))
        self.assertTrue(v.explanation)
        self.assertEqual(self.client.get("after").raw["evidence"]["pre_state"]["id"], "before")
        self.assertEqual([v.id for v in self.client.list(incident="inc-1", verdict="success")], ["after"])
        self.assertEqual(self.client.list(verdict="failed"), [])
        self.assertTrue(self.client.ready())

    def test_whole_way_in_asyncio(self) -> None:
        async def way() -> None:
            snapshot = await self.aio.capture(INCIDENT, ACTION)
            self.patient.cure()
            v = await self.aio.verify(INCIDENT, ACTION, snapshot_id=snapshot.id, wait=0)
            self.assertFalse(v.sealed)
            v = await self.aio.wait(v.id, 60)
            self.assertEqual((v.verdict, (await self.aio.get(v.id)).verdict), ("success", "success"))
            self.assertEqual([v.id for v in await self.aio.list()], [v.id])
            self.assertTrue(await self.aio.ready())

        asyncio.run(way())

    def test_what_is_asked_arrives(self) -> None:
        began = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc)
        incident = Incident("é/1", "", {"quote": 'a"b\n'}, began)
        ended = datetime.now(timezone.utc) - timedelta(seconds=1)
        v = self.client.verify(incident, ACTION, wait=0, id="a.b:c", policy="hopeless", warmup=90, deadline=0.25, started_at=began, finished_at=ended)
        self.assertEqual((v.raw["incident"]["id"], v.raw["incident"]["labels"]["quote"]), ("é/1", 'a"b\n'))
        self.assertEqual(aftercheck._moment(v.raw["incident"]["starts_at"]), began)
        self.assertEqual((v.raw["policy"]["name"], v.raw["policy"]["warmup"], v.raw["policy"]["deadline"]), ("hopeless", "1m30s", "250ms"))
        self.assertEqual(aftercheck._moment(v.raw["action"]["finished_at"]), ended)
        self.assertEqual(self.client.get("a.b:c").id, "a.b:c")
        self.assertAlmostEqual(v.longest_wait, 89.25, delta=60)

    def test_refusals(self) -> None:
        with self.assertRaises(Refused) as refused:
            self.client.capture({"id": ""}, ACTION)
        self.assertEqual((refused.exception.status, refused.exception.errors[0]["location"]), (422, "body.incident.id"))
        self.assertIn("incident.id", str(refused.exception))
        with self.assertRaises(Refused) as refused:
            self.client.get("absent")
        self.assertEqual(refused.exception.status, 404)
        self.client.verify(INCIDENT, ACTION, id="taken", wait=0)
        with self.assertRaises(Refused) as refused:
            self.client.verify(INCIDENT, "something else", id="taken", wait=0)
        self.assertEqual(refused.exception.status, 409)
        with self.assertRaisesRegex(TypeError, "snapshot_id"):
            self.client.verify(INCIDENT, ACTION, snapshot="before")

    def test_wait_ends_in_time(self) -> None:
        v = self.client.verify(INCIDENT, ACTION, wait=0.1, warmup=3600)
        self.assertEqual((v.state, v.verdict), ("waiting", None))


class Around(WithSidecar):
    def test_repairs(self) -> None:
        done: List[Repair] = []
        with self.client.around(INCIDENT, ACTION, policy="hopeless", then=done.append) as repair:
            pass
        self.assertEqual((repair.verdict, repair.reason, repair.trouble, done), ("failed", "still_broken", None, [repair]))
        self.assertTrue(repair.explanation)
        with self.client.around(INCIDENT, ACTION) as repair:
            self.patient.cure()
        assert repair.verification is not None
        self.assertEqual(repair.verdict, "success")
        action = repair.verification.raw["action"]
        self.assertLessEqual(action["started_at"], action["finished_at"])
        self.assertIn("snapshot_id", repair.verification.raw)

    def test_exceptions_pass_on(self) -> None:
        for failure in (RuntimeError("exit status 1"), KeyboardInterrupt()):
            with self.assertRaises(type(failure)) as raised:
                with self.client.around(INCIDENT, ACTION, warmup=3600) as repair:
                    raise failure
            self.assertIs(raised.exception, failure)
            assert repair.verification is not None
            self.assertEqual((repair.verification.state, repair.verdict), ("waiting", None))
            self.assertEqual(self.client.get(repair.verification.id).raw["snapshot_id"], repair.verification.raw["snapshot_id"])

    def test_nothing_done(self) -> None:
        with self.client.around(INCIDENT, ACTION) as repair:
            repair.nothing_done()
        self.assertEqual((repair.verification, self.client.list()), (None, []))

    def test_decorated(self) -> None:
        done: List[Repair] = []

        @self.client.around(incident=lambda name: Incident("inc-" + name), action=lambda name: "restart_service:" + name, then=done.append)
        def restart(name: str) -> str:
            """Restarts."""
            self.patient.cure()
            return name.upper()

        self.assertEqual((restart("shop"), restart.__doc__), ("SHOP", "Restarts."))
        self.patient.well = False
        self.assertEqual(restart(name="till"), "TILL")
        self.assertEqual([r.verification.raw["incident"]["id"] for r in done if r.verification], ["inc-shop", "inc-till"])
        self.assertEqual([r.verdict for r in done], ["success", "success"])

    def test_in_asyncio(self) -> None:
        done: List[Repair] = []

        @self.aio.around(INCIDENT, ACTION, then=done.append)
        async def restart() -> str:
            self.patient.cure()
            return "restarted"

        async def way() -> None:
            self.assertEqual(await restart(), "restarted")
            with self.assertRaises(ZeroDivisionError):
                async with self.aio.around(INCIDENT, ACTION, warmup=3600, then=done.append):
                    raise ZeroDivisionError

        asyncio.run(way())
        self.assertEqual([r.verdict for r in done], ["success", None])
        self.assertIsNotNone(done[1].verification)

    def test_cancelled_in_asyncio(self) -> None:
        repairs: List[Repair] = []

        async def repairing(began: "asyncio.Event") -> None:
            async with self.aio.around(INCIDENT, ACTION, warmup=3600) as repair:
                repairs.append(repair)
                began.set()
                await asyncio.sleep(3600)

        async def waiting(began: "asyncio.Event") -> None:
            v = await self.aio.verify(INCIDENT, ACTION, wait=0, warmup=3600)
            began.set()
            await self.aio.wait(v.id, 3600)

        async def way(cancelled: Callable[["asyncio.Event"], Any]) -> None:
            began = asyncio.Event()
            task = asyncio.ensure_future(cancelled(began))
            await began.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(way(repairing))
        self.assertIsNotNone(repairs[0].verification)
        asyncio.run(way(waiting))

    def test_the_wrong_kind(self) -> None:
        with self.assertRaisesRegex(TypeError, "async with"):
            with self.aio.around(INCIDENT, ACTION):
                self.fail("it ran")

        async def way() -> None:
            async with self.client.around(INCIDENT, ACTION):
                self.fail("it ran")

        with self.assertRaisesRegex(TypeError, "wants with"):
            asyncio.run(way())


class DropIn(WithSidecar):
    def test_answers(self) -> None:
        snapshot = aftercheck.capture_pre_execution_state(INCIDENT, ACTION, client=self.client)
        result = aftercheck.verify(INCIDENT, ACTION, snapshot, client=self.client, policy="hopeless")
        self.assertEqual((result, json.dumps(result)), ("failed", '"failed"'))
        assert result.verification is not None
        self.assertEqual((result.verification.reason, result.verification.raw["snapshot_id"]), ("still_broken", snapshot))
        self.patient.cure()
        self.assertEqual(aftercheck.verify(INCIDENT, ACTION, snapshot, client=self.client), "success")
        observed = aftercheck.verify(INCIDENT, "kubectl logs deployment/shop", snapshot, client=self.client)
        self.assertEqual((observed, observed.verification and observed.verification.reason), ("degraded", "observed_only"))
        late = aftercheck.verify(INCIDENT, ACTION, client=self.client, warmup=3600, wait=0.1)
        self.assertEqual((late, late.verification and late.verification.state), ("timeout", "waiting"))

    def test_answers_in_asyncio(self) -> None:
        async def way() -> Result:
            snapshot = await aftercheck.async_capture_pre_execution_state(INCIDENT, ACTION, client=self.aio)
            self.patient.cure()
            return await aftercheck.async_verify(INCIDENT, ACTION, snapshot, client=self.aio)

        self.assertEqual(asyncio.run(way()), "success")

    def test_never_raises(self) -> None:
        refused = aftercheck.verify({"id": ""}, ACTION, client=self.client)
        self.assertEqual((refused, type(refused.trouble)), ("degraded", Refused))
        self.assertEqual(aftercheck.verify(INCIDENT, ACTION, client=self.client, nonsense=1), "degraded")
        self.assertEqual(aftercheck.verify({"id": object()}, ACTION, client=self.client), "degraded")
        away = aftercheck.verify(INCIDENT, ACTION, client=Client(NONE))
        self.assertEqual((away, type(away.trouble)), ("timeout", Unavailable))
        self.assertIsNone(aftercheck.capture_pre_execution_state(INCIDENT, client=Client(NONE)))
        self.assertIsNone(aftercheck.capture_pre_execution_state(object(), client=self.client))  # type: ignore[arg-type]
        self.assertEqual(asyncio.run(aftercheck.async_verify(INCIDENT, ACTION, client=AsyncClient(NONE))), "timeout")
        self.assertIsNone(asyncio.run(aftercheck.async_capture_pre_execution_state(INCIDENT, client=AsyncClient(NONE))))

    def test_default_address(self) -> None:
        for name, value in (("AFTERCHECK_ADDRESS", self.sidecar.socket), ("XDG_RUNTIME_DIR", str(self.sidecar.path))):
            with unittest.mock.patch.dict(os.environ, {name: value}):
                self.assertEqual(aftercheck.verify(INCIDENT, ACTION, policy="hopeless"), "failed", name)
        with unittest.mock.patch.dict(os.environ, {"AFTERCHECK_ADDRESS": "nonsense"}):
            self.assertEqual(aftercheck.verify(INCIDENT, ACTION), "degraded")


class Killed(WithSidecar):
    def test_while_the_action_runs_and_again_before_the_verdict(self) -> None:
        def ill_treat() -> None:
            self.sidecar.start()
            eventually(lambda: self.client.list() != [])
            self.sidecar.kill()
            self.sidecar.start()

        thread = threading.Thread(target=ill_treat)
        with self.client.around(INCIDENT, ACTION, warmup=2) as repair:
            self.sidecar.kill()
            thread.start()
            self.patient.cure()
        thread.join()
        self.assertEqual((repair.verdict, repair.trouble), ("success", None))

    def test_hung(self) -> None:
        self.sidecar.pause()
        with self.client.around(INCIDENT, ACTION, capture_timeout=0.05) as repair:
            ran = True
        self.assertTrue(ran and isinstance(repair.trouble, Unavailable))

        async def way() -> None:
            async with self.aio.around(INCIDENT, ACTION, capture_timeout=0.05) as repair:
                pass
            self.assertIsInstance(repair.trouble, Unavailable)

        asyncio.run(way())


def certify(folder: Path) -> None:
    """Makes a certificate for 127.0.0.1, its key, and a token."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=sidecar", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "sidecar.key",
                    "-out", folder / "sidecar.crt"], check=True, capture_output=True)
    tokens = folder / "executor.token"
    tokens.touch(mode=0o600)
    tokens.write_text("# of this test\nexecutor s3cr3t-of-the-test\n")


class OverTCP(WithSidecar):
    more = "listen: {tcp: {tls_config: {cert_file: sidecar.crt, key_file: sidecar.key}}}"

    def setUp(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"https://127.0.0.1:{port}"
        self.flags = [f"--api.tcp-address=127.0.0.1:{port}", "--api.bearer-token-file=executor.token"]
        super().setUp()

    def test_with_token_and_tls(self) -> None:
        ca, tokens = str(self.sidecar.path / "sidecar.crt"), str(self.sidecar.path / "executor.token")
        for options in ({"token": "s3cr3t-of-the-test"}, {"token_file": tokens}):
            self.assertEqual(Client(self.address, ca_file=ca, **options).list(), [])
            self.assertEqual(asyncio.run(AsyncClient(self.address, ca_file=ca, **options).list()), [])
        for refused in (Client(self.address, ca_file=ca), Client(self.address, ca_file=ca, token="wrong")):
            with self.assertRaises(Refused) as raised:
                refused.list()
            self.assertEqual(raised.exception.status, 401)
        with self.assertRaises(Unavailable) as unknown:
            Client(self.address, token="s3cr3t-of-the-test").list()
        self.assertIsInstance(unknown.exception.__cause__, ssl.SSLError)
        with self.assertRaises(Unavailable):
            asyncio.run(AsyncClient(self.address, token="s3cr3t-of-the-test").list())
        with self.assertRaisesRegex(AftercheckError, "token file"):
            Client(self.address, ca_file=ca, token_file="/nowhere").list()


def answer(status: str, body: str = "", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers, "", body]).encode()


EMPTY = answer("200 OK", '{"verifications":[]}')


class Faults(unittest.TestCase):
    def both(self, serve: Any, check: Callable[[Callable[[], Any]], None], calls: int) -> None:
        """Checks a blocking and an asyncio client, each on a fresh server that must be called so often."""
        ways: List[Callable[[str], Any]] = [lambda path: Client(path).list(), lambda path: asyncio.run(AsyncClient(path).list())]
        for listed in ways:
            faulty = Faulty(serve)
            try:
                check(lambda: listed(faulty.socket))
                self.assertEqual(faulty.calls, calls)
            finally:
                faulty.close()

    def test_asked_again(self) -> None:
        for name, first, calls in (
            ("busy", answer("429 Too Many Requests", "{}", "Retry-After: 1"), 2),
            ("away", answer("503 Service Unavailable", "", "Retry-After: 0"), 2),
            ("a proxy", answer("502 Bad Gateway"), 2),
            ("nothing", b"", 2),
            ("cut off", EMPTY[:-3], 2),
            ("garbage", b"\x16\x03\x01\x00" * 50, 2),
            ("chunks that end", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", 2),
            ("chunks that are none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 2),
        ):
            with self.subTest(name):
                self.both(answering(first, EMPTY), lambda listed: self.assertEqual(listed(), []), calls)

    def test_not_asked_again(self) -> None:
        for name, first, calls, kind in (
            ("for too long", answer("503 Service Unavailable", "", "Retry-After: 3600"), 1, Refused),
            ("for ever", answer("503 Service Unavailable", "", "Retry-After: 0"), 4, Refused),
            ("a fault", answer("500 Internal Server Error"), 1, Refused),
            ("a redirect", answer("302 Found", "", "Location: http://127.0.0.1:1/"), 1, Refused),
            ("no JSON", answer("200 OK", "<html>"), 1, AftercheckError),
            ("another JSON", answer("200 OK", "[1]"), 1, AftercheckError),
            ("other verifications", answer("200 OK", '{"verifications":[{"id":1}]}'), 1, AftercheckError),
            ("nothing at all", b"", 4, Unavailable),
        ):
            with self.subTest(name):
                self.both(answering(first), lambda listed: self.assertRaises(kind, listed), calls)

    def test_hangs_and_drips_end(self) -> None:
        for serve in (hanging, dripping):
            faulty = Faulty(serve)
            self.addCleanup(faulty.close)
            with self.assertRaises(Unavailable):
                Client(faulty.socket).capture(INCIDENT, timeout=0.1)
            with self.assertRaises(Unavailable):
                asyncio.run(AsyncClient(faulty.socket).capture(INCIDENT, timeout=0.1))

    def test_a_verdict_that_is_not_known(self) -> None:
        sealed = {"id": "v", "state": "sealed", "verdict": "bananas", "policy": {}, **dict.fromkeys(("accepted_at", "observe_from", "deadline_at"), "")}
        faulty = Faulty(answering(answer("200 OK", json.dumps(sealed))))
        self.addCleanup(faulty.close)
        self.assertEqual(aftercheck.verify(INCIDENT, ACTION, client=Client(faulty.socket)), "degraded")

    def test_around_without_a_sidecar(self) -> None:
        for address in (NONE, "http://127.0.0.1:1"):
            with self.assertLogs("aftercheck", "WARNING") as logged:
                with Client(address).around(INCIDENT, ACTION) as repair:
                    ran = True
            self.assertTrue(ran and isinstance(repair.trouble, Unavailable))
            self.assertEqual((repair.verdict, repair.reason, repair.explanation, len(logged.records)), (None, None, None, 2))
        with Client(NONE).around(Incident("i", labels=object()), ACTION) as repair:  # type: ignore[arg-type]
            pass
        self.assertIsInstance(repair.trouble, TypeError)

    def test_addresses(self) -> None:
        for nonsense in ("localhost:80", "ftp://localhost", "http://"):
            with self.assertRaisesRegex(ValueError, "want the path"):
                Client(nonsense)


class Values(unittest.TestCase):
    def test_alerts(self) -> None:
        alert = {"labels": {"alertname": "A", "n": 1}, "startsAt": "2026-01-02T15:04:05.123456789+01:00", "fingerprint": "f00"}
        incident = Incident.from_alert(alert)
        self.assertEqual((incident.id, incident.alertname, incident.labels), ("f00", "A", {"alertname": "A", "n": "1"}))
        self.assertEqual(incident.starts_at, datetime(2026, 1, 2, 14, 4, 5, 123456, timezone.utc))
        bads: List[Dict[str, Any]] = [{}, {"startsAt": "soon"}, {"startsAt": None, "labels": None}, {"startsAt": "2026-99-99T00:00:00Z"}]
        for bad in bads:
            self.assertIsNone(Incident.from_alert(bad, "mine").starts_at)

    def test_durations(self) -> None:
        for text, seconds in (("1m30s", 90), ("500ms", 0.5), ("15m0s", 900), ("1h", 3600), ("0s", 0), ("1.5s", 1.5), ("2µs", 2e-6)):
            self.assertAlmostEqual(aftercheck._seconds(text), seconds)

    def test_longest_wait_holds_what_may_be_put_off(self) -> None:
        raw = {"id": "v", "state": "waiting", "accepted_at": "2026-01-01T00:00:00Z", "observe_from": "2026-01-01T00:00:10Z",
               "deadline_at": "2026-01-01T00:00:40Z", "policy": {"follow_delays": True, "max_wait": "15m0s"}}
        self.assertEqual(aftercheck._verification(raw).longest_wait, 910)
        self.assertEqual(aftercheck._verification({**raw, "wait": {"total": "40s"}}).longest_wait, 40)


if __name__ == "__main__":
    unittest.main()
