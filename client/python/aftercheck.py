"""Did the fix work? The executor's side of Aftercheck, in one file.

Copy this file into your project; it needs Python 3.9 or later and nothing else.
docs/python.md shows each way to use it:

    with Client().around(Incident("inc-1", "ShopDown", {"service": "shop"}), "restart_service:shop") as repair:
        restart("shop")
    print(repair.verdict, repair.reason, repair.explanation)

The methods of Client and AsyncClient raise AftercheckError. What wraps an action
never does: around, verify and capture_pre_execution_state log a warning on the
logger "aftercheck", and the action goes on as if there were no sidecar.

Everything may be sent again safely, since the identifiers are chosen here before
the first attempt, and is, a bounded number of times within a bounded time.
"""

from __future__ import annotations

import asyncio
import functools
import http.client
import inspect
import io
import json
import logging
import os
import random
import re
import socket
import ssl
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Callable, Dict, Generator, List, Mapping, NamedTuple, Optional, Tuple, Type, TypeVar, Union, cast
from urllib.parse import quote, urlencode, urlsplit

__all__ = [
    "AftercheckError", "AsyncClient", "Client", "Incident", "Refused", "Repair", "Result", "Snapshot", "Unavailable",
    "Verification", "async_capture_pre_execution_state", "async_verify", "capture_pre_execution_state", "verify",
]

log = logging.getLogger("aftercheck")

VERDICTS = ("success", "degraded", "failed", "timeout")

_MAX_ANSWER = 256 << 20  # bytes
_LONGEST_HOLD = 600.0  # how long the sidecar holds one call, seconds
_LONGEST_PAUSE = 2.0  # between two attempts; a longer Retry-After is left to the caller
_LATENESS = 15.0  # how long after its deadline a verdict is waited for
_CAPTURE_TIMEOUT = 10.0  # of the capture before an action; a sidecar answers within 8 s by default
_PATIENT = (30.0, 16)  # timeout and attempts of the request to verify an action that worked
_ASK = (10.0, 8)  # of one that failed
_HURRIED = (3.0, 4)  # of one that was interrupted, or where the sidecar did not answer before

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class AftercheckError(Exception):
    """The sidecar's trouble, never the action's."""

    retry_after = 0.0
    retryable = False


class Unavailable(AftercheckError):
    """There is no whole answer: no sidecar, a lost connection, a hang."""

    retryable = True


class Refused(AftercheckError):
    """The sidecar refuses: status, and what would be right. 404: there is none; 409: the ID is taken by another request."""

    def __init__(self, status: int, title: str, detail: str, errors: List[Dict[str, str]], retry_after: float) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status, self.title, self.detail, self.errors, self.retry_after = status, title, detail, errors, retry_after
        self.retryable = status in (429, 502, 503, 504)


@dataclass(frozen=True)
class Incident:
    """What is broken. The labels, as Alertmanager sends them, name the target: namespace, deployment, pod, instance, service."""

    id: str
    alertname: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    starts_at: Optional[datetime] = None

    @classmethod
    def from_alert(cls, alert: Mapping[str, Any], id: str = "") -> Incident:
        """The incident of one alert of Alertmanager's webhook or API; its id is the alert's fingerprint unless one is given."""
        labels = {str(name): str(value) for name, value in (alert.get("labels") or {}).items()}
        try:
            starts: Optional[datetime] = _moment(str(alert.get("startsAt")))
        except (AftercheckError, ValueError):
            starts = None  # it is good to know and nothing depends on it
        return cls(id or str(alert.get("fingerprint") or ""), labels.get("alertname", ""), labels, starts)


@dataclass(frozen=True)
class Snapshot:
    """The state before an action. raw is all that the API answered."""

    id: str
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def readings(self) -> List[Dict[str, Any]]:
        """One reading of each sensor that fits the incident, with its findings or its error."""
        return list(self.raw.get("readings") or [])


@dataclass(frozen=True)
class Verification:
    """A verification as it was last seen; raw is all that the API answered. Verdict and what follows are set once it is sealed."""

    id: str
    state: str  # waiting, observing, sealed
    verdict: Optional[str]  # success, degraded, failed, timeout
    reason: Optional[str]  # docs/judge.md lists them
    explanation: Optional[str]  # one sentence for people
    score: Optional[float]  # 0 to 1; None: the evidence carries none
    root_cause_cleared: Optional[str]  # yes, no, unknown
    regressions: List[Dict[str, Any]]  # what was good before and is bad now
    notes: List[str]  # what a reader should know of the evidence
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def sealed(self) -> bool:
        """Whether the verdict stands; it never changes then."""
        return self.state == "sealed"

    @property
    def longest_wait(self) -> float:
        """Seconds from acceptance to the latest deadline that it may come to have."""
        policy, observed_from, latest = self.raw["policy"], _moment(self.raw["observe_from"]), _moment(self.raw["deadline_at"])
        seconds = (latest - _moment(self.raw["accepted_at"])).total_seconds()
        if policy.get("follow_delays") and not self.raw.get("wait"):
            warmup = (observed_from - _moment(self.raw["accepted_at"])).total_seconds()
            seconds = max(seconds, warmup + _seconds(policy.get("max_wait", "0s")))
        return seconds


class Result(str):
    """success, degraded, failed or timeout, and what it rests on: a verification, or the trouble that there is instead of one."""

    verification: Optional[Verification] = None
    trouble: Optional[Exception] = None

    @classmethod
    def of(cls, verification: Optional[Verification], trouble: Optional[Exception]) -> Result:
        """No verdict is timeout where time was short or the sidecar away, else degraded: no information is never a failure."""
        if verification is not None and verification.verdict is not None:
            result = cls(verification.verdict)
        else:
            away = trouble is None or isinstance(trouble, AftercheckError) and trouble.retryable
            result = cls("timeout" if away else "degraded")
        result.verification, result.trouble = verification, trouble
        return result


class _Send(NamedTuple):
    request: bytes
    timeout: float


class _Pause(NamedTuple):
    seconds: float


# What is to be done on the wire is planned by generators that do no I/O, so that
# blocking and asyncio clients share all that decides. A plan yields a step and is
# sent what came of it: the bytes of an answer, or the error.
_Step = Union[_Send, _Pause]
_Came = Union[bytes, Exception, None]
_Plan = Generator[_Step, _Came, T]
_IncidentLike = Union[Incident, Mapping[str, Any]]


class _Endpoint:
    """Where the sidecar is: its unix socket, http://host:port or https://host:port."""

    def __init__(self, address: Optional[str], token: Optional[str], token_file: Optional[str], ca_file: Optional[str]) -> None:
        address = address or os.environ.get("AFTERCHECK_ADDRESS") or _default_socket()
        self.token, self.token_file = token, token_file or os.environ.get("AFTERCHECK_TOKEN_FILE")
        self.path, self.host, self.port, self.base, self.ssl = "", "localhost", 0, "", cast(Optional[ssl.SSLContext], None)
        if address.startswith(("/", ".", "unix://")):
            self.path = address[len("unix://"):] if address.startswith("unix://") else address
            return
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("address of the sidecar: want the path of its socket, unix:///path, http://host:port or https://host:port")
        self.host, self.base = parts.hostname, parts.path.rstrip("/")
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme == "https":
            self.ssl = ssl.create_default_context(cafile=ca_file or os.environ.get("AFTERCHECK_CA_FILE"))

    def request(self, method: str, target: str, body: Optional[Mapping[str, Any]]) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        data = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {self.base}{target} HTTP/1.1", f"Host: {host}" + (f":{self.port}" if self.port else ""), "Connection: close",
                f"Content-Length: {len(data)}"]
        if body is not None:
            head.append("Content-Type: application/json")
        token = self._token()
        if token:
            head.append(f"Authorization: Bearer {token}")
        return "\r\n".join(head + ["", ""]).encode("latin-1") + data

    def _token(self) -> Optional[str]:
        if self.token or not self.token_file:
            return self.token
        try:
            with open(self.token_file, encoding="utf-8") as lines:  # read each time: tokens are exchanged
                tokens = [line.split()[-1] for line in lines if line.strip() and not line.startswith("#")]
        except (OSError, ValueError) as error:
            raise AftercheckError(f"reading the token file: {error}") from error
        if not tokens:
            raise AftercheckError(f"{self.token_file} holds no token")
        return tokens[0]

    def connect(self, timeout: float) -> socket.socket:
        if not self.path:
            plain = socket.create_connection((self.host, self.port), timeout)
            try:
                return self.ssl.wrap_socket(plain, server_hostname=self.host) if self.ssl else plain
            except BaseException:
                plain.close()
                raise
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            unix.settimeout(timeout)
            unix.connect(self.path)
        except BaseException:
            unix.close()
            raise
        return unix

    async def open(self) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path:
            return await asyncio.open_unix_connection(self.path)
        return await asyncio.open_connection(self.host, self.port, ssl=self.ssl)


class _Caller:
    """The plans of the calls."""

    def __init__(self, address: Optional[str] = None, *, token: Optional[str] = None, token_file: Optional[str] = None,
                 ca_file: Optional[str] = None) -> None:
        """The address is the path of the unix socket, http://host:port or https://host:port; without one it is that in
        AFTERCHECK_ADDRESS, else the sidecar's default socket. A token is wanted over TCP: itself, or the file that holds it
        (else AFTERCHECK_TOKEN_FILE). ca_file (else AFTERCHECK_CA_FILE) holds the authority of an https sidecar. Nothing
        connects before the first call."""
        self._endpoint = _Endpoint(address, token, token_file, ca_file)

    def _call(self, method: str, target: str, body: Optional[Mapping[str, Any]] = None, timeout: float = 20.0, attempts: int = 4) -> _Plan[Any]:
        over, request, pause = time.monotonic() + timeout, self._endpoint.request(method, target, body), 0.1
        while True:
            attempts -= 1
            came = yield _Send(request, max(over - time.monotonic(), 0.001))
            try:
                return _read(came)
            except AftercheckError as error:
                wait = max(pause * random.uniform(0.5, 1), error.retry_after)
                if attempts <= 0 or not error.retryable or wait > _LONGEST_PAUSE or wait > over - time.monotonic():
                    raise
            yield _Pause(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _capture(self, incident: _IncidentLike, action: str, id: Optional[str], timeout: float) -> _Plan[Snapshot]:
        body = {"id": id or str(uuid.uuid4()), "incident": _incident(incident), "action": {"text": action}}
        return _snapshot((yield from self._call("POST", "/v1/snapshots", body, timeout)))

    def _ask(self, incident: _IncidentLike, action: str, asked: Mapping[str, Any], timeout: float = 20.0, attempts: int = 4) -> _Plan[Verification]:
        body: Dict[str, Any] = {"incident": _incident(incident), "action": {"text": action}}
        body["id"] = asked.get("id") or str(uuid.uuid4())
        for name in ("started_at", "finished_at"):
            if asked.get(name):
                body["action"][name] = _text(asked[name])
        for name in ("warmup", "deadline"):
            if asked.get(name) is not None:
                body[name] = f"{asked[name]:.3f}s"
        for name in ("snapshot_id", "policy"):
            if asked.get(name):
                body[name] = asked[name]
        return _verification((yield from self._call("POST", "/v1/verifications", body, timeout, attempts)))

    def _await(self, last: Verification, wait: Optional[float]) -> _Plan[Verification]:
        if last.sealed or wait is not None and wait <= 0:
            return last
        seconds = last.longest_wait + _LATENESS if wait is None else wait
        return (yield from self._wait(last.id, seconds, last))

    def _wait(self, id: str, seconds: float, last: Optional[Verification] = None) -> _Plan[Verification]:
        over = time.monotonic() + seconds
        while True:
            left, trouble = max(over - time.monotonic(), 0.0), cast(Optional[AftercheckError], None)
            target = f"/v1/verifications/{quote(id, safe='')}?" + urlencode({"wait": f"{min(left, _LONGEST_HOLD):.3f}s"})
            try:
                last = _verification((yield from self._call("GET", target, None, min(left, _LONGEST_HOLD) + 5, 1)))
            except AftercheckError as error:
                if not error.retryable:
                    raise
                trouble = error  # it may be starting again, and goes on with what it accepted
            left = over - time.monotonic()
            if last is not None and (last.sealed or left <= 0):
                return last
            if trouble is not None and left <= 0:
                raise trouble
            yield _Pause(min(max(left, 0.0), max(1.0, trouble.retry_after if trouble else 0.0)))

    def _list(self, incident: str, verdict: str, playbook: str, limit: int) -> _Plan[List[Verification]]:
        chosen = {"incident": incident, "verdict": verdict, "playbook": playbook, "limit": str(limit)}
        query = urlencode({name: value for name, value in chosen.items() if value})
        page = yield from self._call("GET", f"/v1/verifications?{query}")
        if not isinstance(page, dict):
            raise AftercheckError("the sidecar's answer is no page; is this address another server's?")
        return [_verification(v) for v in page.get("verifications") or []]

    def _before(self, repair: Repair) -> _Plan[None]:
        if repair._capture_timeout <= 0:
            return
        try:
            snapshot = yield from self._capture(repair.incident, repair.action, None, repair._capture_timeout)
        except Exception as error:  # whatever it is, the action goes on
            repair._troubled("capturing the state before", error)
        else:
            repair._asked["snapshot_id"] = snapshot.id

    def _after(self, repair: Repair, failure: Optional[BaseException]) -> _Plan[None]:
        repair._asked["finished_at"] = datetime.now(timezone.utc)
        timeout, attempts = _PATIENT if failure is None else _ASK
        if repair.trouble is not None or failure is not None and not isinstance(failure, Exception):
            timeout, attempts = _HURRIED
        try:
            repair.verification = yield from self._ask(repair.incident, repair.action, repair._asked, timeout, attempts)
            if failure is None:
                repair.verification = yield from self._await(repair.verification, repair._wait)
        except Exception as error:
            repair._troubled("verifying", error)


class Client(_Caller):
    """Talks to one sidecar. It holds no connection, and threads may share it."""

    def capture(self, incident: _IncidentLike, action: str = "", *, id: Optional[str] = None, timeout: float = 20.0) -> Snapshot:
        """Captures the state before an action, now. It answers also when no sensor did."""
        return self._run(self._capture(incident, action, id, timeout))

    def verify(self, incident: _IncidentLike, action: str, *, wait: Optional[float] = None, **asked: Any) -> Verification:
        """Asks whether an action worked, and waits so many seconds for the verdict: None as long as it may take, 0 not at all.

        Further arguments: snapshot_id (of capture), id, policy, warmup and deadline in seconds, started_at and finished_at.
        Once it is accepted nothing is raised for a sidecar that goes away; the verification may not be sealed then."""
        return self._run(self._await(self._run(self._ask(incident, action, _known(asked))), wait))

    def get(self, id: str) -> Verification:
        """A verification as it is now, with its evidence in raw."""
        return _verification(self._run(self._call("GET", f"/v1/verifications/{quote(id, safe='')}")))

    def wait(self, id: str, seconds: float) -> Verification:
        """A verification as soon as it is sealed, or as it is after so many seconds."""
        return self._run(self._wait(id, seconds))

    def list(self, *, incident: str = "", verdict: str = "", playbook: str = "", limit: int = 50) -> List[Verification]:
        """The newest verifications that match, without evidence; limit is 500 at the most."""
        return self._run(self._list(incident, verdict, playbook, limit))

    def ready(self) -> bool:
        """Whether the sidecar can serve, now."""
        try:
            self._run(self._call("GET", "/-/ready", None, 5, 1))
        except AftercheckError:
            return False
        return True

    def around(self, incident: Any, action: Any, *, wait: Optional[float] = None, capture_timeout: float = _CAPTURE_TIMEOUT,
               then: Optional[Callable[[Repair], object]] = None, **asked: Any) -> Repair:
        """Captures, lets the action run, verifies: a context manager and a decorator; see Repair."""
        return Repair(self, incident, action, wait, capture_timeout, then, asked)

    def _run(self, plan: _Plan[T]) -> T:
        came: _Came = None
        while True:
            try:
                step = plan.send(came)
            except StopIteration as stop:
                return cast(T, stop.value)
            came = None
            if isinstance(step, _Pause):
                time.sleep(step.seconds)
                continue
            try:
                came = self._transfer(step)
            except (OSError, AftercheckError) as error:
                came = error

    def _transfer(self, step: _Send) -> bytes:
        over, answer = time.monotonic() + step.timeout, io.BytesIO()
        with self._endpoint.connect(step.timeout) as connection:
            connection.sendall(step.request)
            while True:
                left = over - time.monotonic()  # of the whole answer, also if it drips
                if left <= 0:
                    raise socket.timeout("timed out")
                connection.settimeout(left)
                chunk = connection.recv(1 << 16)
                if not chunk:
                    return answer.getvalue()
                if answer.tell() + len(chunk) > _MAX_ANSWER:
                    raise AftercheckError("the answer is too long")
                answer.write(chunk)


class AsyncClient(_Caller):
    """Client for asyncio: the same methods, to be awaited. It uses no thread, and a cancelled call ends at once."""

    async def capture(self, incident: _IncidentLike, action: str = "", *, id: Optional[str] = None, timeout: float = 20.0) -> Snapshot:
        return await self._run(self._capture(incident, action, id, timeout))

    async def verify(self, incident: _IncidentLike, action: str, *, wait: Optional[float] = None, **asked: Any) -> Verification:
        return await self._run(self._await(await self._run(self._ask(incident, action, _known(asked))), wait))

    async def get(self, id: str) -> Verification:
        return _verification(await self._run(self._call("GET", f"/v1/verifications/{quote(id, safe='')}")))

    async def wait(self, id: str, seconds: float) -> Verification:
        return await self._run(self._wait(id, seconds))

    async def list(self, *, incident: str = "", verdict: str = "", playbook: str = "", limit: int = 50) -> List[Verification]:
        return await self._run(self._list(incident, verdict, playbook, limit))

    async def ready(self) -> bool:
        try:
            await self._run(self._call("GET", "/-/ready", None, 5, 1))
        except AftercheckError:
            return False
        return True

    def around(self, incident: Any, action: Any, *, wait: Optional[float] = None, capture_timeout: float = _CAPTURE_TIMEOUT,
               then: Optional[Callable[[Repair], object]] = None, **asked: Any) -> Repair:
        return Repair(self, incident, action, wait, capture_timeout, then, asked)

    async def _run(self, plan: _Plan[T]) -> T:
        came: _Came = None
        while True:
            try:
                step = plan.send(came)
            except StopIteration as stop:
                return cast(T, stop.value)
            came = None
            if isinstance(step, _Pause):
                await asyncio.sleep(step.seconds)
                continue
            try:
                came = await asyncio.wait_for(self._transfer(step), step.timeout)
            except (OSError, AftercheckError, asyncio.TimeoutError) as error:
                came = error

    async def _transfer(self, step: _Send) -> bytes:
        answer = io.BytesIO()
        reader, writer = await self._endpoint.open()
        try:
            writer.write(step.request)
            await writer.drain()
            while True:
                chunk = await reader.read(1 << 16)
                if not chunk:
                    return answer.getvalue()
                if answer.tell() + len(chunk) > _MAX_ANSWER:
                    raise AftercheckError("the answer is too long")
                answer.write(chunk)
        finally:
            writer.close()


class Repair:
    """An action that is captured before and verified after, and what came of that.

    As a context manager (async with, of an AsyncClient) it surrounds the action; as a decorator each call of a function, whose
    arguments it gives to incident and action where those are functions. Whatever the sidecar does, the action runs, at most
    capture_timeout seconds later, and its exceptions pass on unchanged; the sidecar's trouble is logged and kept in trouble.

    If the action raises, the verification is asked for and not waited for: a repair that failed half-way may have changed
    something, and its executor has other things to do. At the end, then is called with the Repair, if it was given."""

    def __init__(self, client: Union[Client, AsyncClient], incident: Any, action: Any, wait: Optional[float], capture_timeout: float,
                 then: Optional[Callable[[Repair], object]], asked: Dict[str, Any]) -> None:
        self.incident, self.action = incident, action
        self.verification: Optional[Verification] = None
        self.trouble: Optional[Exception] = None  # the first
        self._client, self._wait, self._capture_timeout, self._then, self._asked = client, wait, capture_timeout, then, _known(asked)
        self._nothing_done = False

    @property
    def verdict(self) -> Optional[str]:
        """success, degraded, failed, timeout; None if there is no verdict (yet)."""
        return self.verification.verdict if self.verification else None

    @property
    def reason(self) -> Optional[str]:
        return self.verification.reason if self.verification else None

    @property
    def explanation(self) -> Optional[str]:
        return self.verification.explanation if self.verification else None

    def nothing_done(self) -> None:
        """Says that the action found nothing to do, so that there is nothing to be verified."""
        self._nothing_done = True

    def _troubled(self, doing: str, error: Exception) -> None:
        self.trouble = self.trouble or error
        log.warning("%s: %s", doing, error)

    def _ended(self) -> None:
        if self.verification is not None:
            log.info("verification %s: %s (%s)", self.verification.id, self.verdict or self.verification.state, self.reason)
        if self._then is not None:
            self._then(self)

    def __enter__(self) -> Repair:
        if not isinstance(self._client, Client):
            raise TypeError("an AsyncClient's around wants async with, or an async function")
        self._client._run(self._client._before(self))
        self._asked["started_at"] = datetime.now(timezone.utc)
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], failure: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if not self._nothing_done:
            cast(Client, self._client)._run(self._client._after(self, failure))
        self._ended()

    async def __aenter__(self) -> Repair:
        if not isinstance(self._client, AsyncClient):
            raise TypeError("a Client's around wants with, or a function that is not async")
        await self._client._run(self._client._before(self))
        self._asked["started_at"] = datetime.now(timezone.utc)
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], failure: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if not self._nothing_done:
            await cast(AsyncClient, self._client)._run(self._client._after(self, failure))
        self._ended()

    def _of(self, arguments: Tuple[Any, ...], named: Dict[str, Any]) -> Repair:
        incident, action = (of(*arguments, **named) if callable(of) else of for of in (self.incident, self.action))
        return Repair(self._client, incident, action, self._wait, self._capture_timeout, self._then, self._asked)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def blocking(*arguments: Any, **named: Any) -> Any:
            with self._of(arguments, named):
                return function(*arguments, **named)

        @functools.wraps(function)
        async def awaiting(*arguments: Any, **named: Any) -> Any:
            async with self._of(arguments, named):
                return await function(*arguments, **named)

        return cast(F, awaiting if inspect.iscoroutinefunction(function) else blocking)


def capture_pre_execution_state(incident: _IncidentLike, action: str = "", *, client: Optional[Client] = None,
                                timeout: float = _CAPTURE_TIMEOUT) -> Optional[str]:
    """Captures the state before an action and returns the snapshot's ID for verify, or None. It never raises."""
    try:
        return (client or Client()).capture(incident, action, timeout=timeout).id
    except Exception as error:
        log.warning("capturing the state before: %s", error)
        return None


def verify(incident: _IncidentLike, action: str, snapshot_id: Optional[str] = None, *, client: Optional[Client] = None,
           wait: Optional[float] = None, **asked: Any) -> Result:
    """Says whether the action worked: success, degraded, failed or timeout. It never raises; see Client.verify and Result.of."""
    try:
        return _result((client or Client()).verify(incident, action, wait=wait, snapshot_id=snapshot_id, **asked), None)
    except Exception as error:
        return _result(None, error)


async def async_capture_pre_execution_state(incident: _IncidentLike, action: str = "", *, client: Optional[AsyncClient] = None,
                                            timeout: float = _CAPTURE_TIMEOUT) -> Optional[str]:
    """capture_pre_execution_state for asyncio. Only cancelling it raises."""
    try:
        return (await (client or AsyncClient()).capture(incident, action, timeout=timeout)).id
    except Exception as error:
        log.warning("capturing the state before: %s", error)
        return None


async def async_verify(incident: _IncidentLike, action: str, snapshot_id: Optional[str] = None, *, client: Optional[AsyncClient] = None,
                       wait: Optional[float] = None, **asked: Any) -> Result:
    """verify for asyncio. Only cancelling it raises."""
    try:
        return _result(await (client or AsyncClient()).verify(incident, action, wait=wait, snapshot_id=snapshot_id, **asked), None)
    except Exception as error:
        return _result(None, error)


def _result(verification: Optional[Verification], trouble: Optional[Exception]) -> Result:
    result = Result.of(verification, trouble)
    if verification is None or not verification.sealed:
        log.warning("verifying: no verdict, taken as %s: %s", result, trouble or "it was not given in time")
    return result


class _Canned:
    """Bytes in the shape of the socket that http.client reads from."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def _read(came: _Came) -> Any:
    """What an answer says: decoded JSON, or the error that it is."""
    if isinstance(came, AftercheckError):
        raise came
    if not isinstance(came, bytes):
        raise Unavailable(f"no answer of the sidecar: {came or type(came).__name__}") from came
    try:
        response = http.client.HTTPResponse(cast(socket.socket, _Canned(came)))
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ConnectionError, ValueError) as error:
        raise Unavailable(f"no whole answer of the sidecar: {type(error).__name__}") from error
    said, wrong = None, cast(Optional[ValueError], None)
    if "json" in response.headers.get("Content-Type", ""):
        try:
            said = json.loads(body)
        except ValueError as error:
            wrong = error
    if response.status >= 300:
        raise _refusal(response, body, said if isinstance(said, dict) else {})
    if wrong is not None:
        raise AftercheckError("the sidecar's answer is no JSON; is this address another server's?") from wrong
    return said


def _refusal(response: http.client.HTTPResponse, body: bytes, problem: Dict[str, Any]) -> Refused:
    after = response.headers.get("Retry-After", "")
    detail = str(problem.get("detail") or ("" if problem else body[:1024].decode(errors="replace").strip()))
    return Refused(response.status, str(problem.get("title") or response.reason), detail, problem.get("errors") or [],
                   float(after) if re.fullmatch("[0-9]{1,9}", after) else 0.0)


def _snapshot(said: Any) -> Snapshot:
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise AftercheckError("the sidecar's answer is no snapshot; is this address another server's?")
    return Snapshot(said["id"], said)


def _verification(said: Any) -> Verification:
    texts = ("id", "state", "accepted_at", "observe_from", "deadline_at")
    if not isinstance(said, dict) or not isinstance(said.get("policy"), dict) or not all(isinstance(said.get(name), str) for name in texts):
        raise AftercheckError("the sidecar's answer is no verification; is this address another server's?")
    if said["state"] == "sealed" and said.get("verdict") not in VERDICTS:
        raise AftercheckError("the sidecar's answer has a verdict that is not known here; this file may be too old for it")
    return Verification(said["id"], said["state"], said.get("verdict"), said.get("reason"), said.get("explanation"), said.get("score"),
                        said.get("root_cause_cleared"), said.get("regressions") or [], said.get("notes") or [], said)


def _incident(incident: _IncidentLike) -> Dict[str, Any]:
    if not isinstance(incident, Incident):
        return dict(incident)
    body: Dict[str, Any] = {"id": incident.id, "alertname": incident.alertname, "labels": dict(incident.labels)}
    if incident.starts_at is not None:
        body["starts_at"] = _text(incident.starts_at)
    return body


_ASKED = ("snapshot_id", "id", "policy", "warmup", "deadline", "started_at", "finished_at")


def _known(asked: Mapping[str, Any]) -> Dict[str, Any]:
    for name in asked:
        if name not in _ASKED:
            raise TypeError(f"unexpected argument {name!r}: want {', '.join(_ASKED)}")
    return dict(asked)


def _text(moment: datetime) -> str:
    """As RFC 3339 has it; a time without a zone is the local one."""
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    """Of RFC 3339, whose nanoseconds Python does not hold."""
    found = re.fullmatch(r"(.{19})(?:\.([0-9]{1,6})[0-9]*)?(Z|[+-][0-9]{2}:[0-9]{2})", text)
    if found is None:
        raise AftercheckError("the sidecar's answer has a time that is none")
    whole, fraction, zone = found.groups()
    return datetime.fromisoformat(f"{whole}.{(fraction or '0'):0<6}{'+00:00' if zone == 'Z' else zone}")


def _seconds(text: str) -> float:
    """Of a duration as Go writes it: 1m30s, 500ms."""
    units = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h)", text))


def _default_socket() -> str:
    """Where the sidecar serves by default: for the system, or for this user."""
    system, of_user = "/run/aftercheck/aftercheck.sock", os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.exists(system) or not of_user:
        return system
    own = os.path.join(of_user, "aftercheck", "aftercheck.sock")
    return own if os.path.exists(own) else system
