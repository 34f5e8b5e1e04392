"""What senders are told: GA/T 1400's status objects, for every answer and every error."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from ingest.cameras.json_text import written

JSON: Final = "application/VIID+JSON;charset=UTF-8"


class Status(Enum):
    """GA/T 1400's ConfirmStatusType, as far as it is used."""

    OK = ("0", "正常")
    OTHER = ("1", "其他未知错误")
    BUSY = ("2", "设备忙")
    INVALID_OPERATION = ("4", "无效操作")
    BAD_JSON = ("7", "JSON格式无效")
    BAD_CONTENT = ("8", "JSON内容无效")


class Refusal(Exception):
    """A request is not taken.

    Attributes
    ----------
    code, status
        Of HTTP and of the standard.
    headers
        More of the answer's.
    close
        Whether the connection ends with it, because its body was not read to the end.
    """

    def __init__(
        self,
        code: int,
        status: Status,
        headers: Sequence[tuple[str, str]] = (),
        *,
        close: bool = False,
    ) -> None:
        super().__init__(code, status)
        self.code, self.status, self.headers, self.close = code, status, tuple(headers), close


def said(path: str, status: Status, zone: ZoneInfo, name: str = "") -> dict[str, str]:
    """A ResponseStatusObject; `name` is the Id of what it is about."""
    return {
        "Id": name,
        "LocalTime": local_time(zone),
        "RequestURL": path,
        "StatusCode": status.value[0],
        "StatusString": status.value[1],
    }


def local_time(zone: ZoneInfo) -> str:
    """Now, as the standard writes times."""
    return _written_time(int(time.time()), zone)


@lru_cache(4)  # a list of vehicles has a status for each
def _written_time(unix_s: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(unix_s, zone):%Y%m%d%H%M%S}"


def answer(
    members: Mapping[str, Any], code: int = 200, headers: Sequence[tuple[str, str]] = ()
) -> Response:
    """An answer in JSON."""
    made = Response(written(members), code, media_type=JSON)
    for name, value in headers:
        made.headers.append(name, value)
    return made


def status_answer(path: str, status: Status, zone: ZoneInfo, name: str = "") -> Response:
    """One status as an answer of its own."""
    return answer({"ResponseStatusObject": said(path, status, zone, name)})


def list_answer(objects: Sequence[Mapping[str, str]]) -> Response:
    """Several statuses, one an object that came."""
    return answer({"ResponseStatusListObject": {"ResponseStatusObject": list(objects)}})


def refusal_answer(path: str, refusal: Refusal, zone: ZoneInfo) -> Response:
    """A refusal as an answer."""
    headers = (*refusal.headers, *((("Connection", "close"),) if refusal.close else ()))
    status = {"ResponseStatusObject": said(path, refusal.status, zone)}
    return answer(status, refusal.code, headers)
