"""A GA/T 1400 device: registers with Digest, keeps alive, sends vehicles."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.sources.digest import ALGORITHMS, parts, response

JSON = "application/VIID+JSON;charset=UTF-8"


class ViidDevice:
    """One device on one connection, which is opened again where it was closed.

    `algorithm` is the Digest that it knows.
    """

    def __init__(
        self,
        host: str,
        port: int,
        device: str,
        user: str,
        password: str,
        algorithm: str = "MD5",
    ) -> None:
        self.device, self._user, self._password = device, user, password
        self._algorithm = algorithm
        self._connection = http.client.HTTPConnection(host, port, timeout=30)

    def request(
        self, method: str, path: str, message: object = None, authorization: str = ""
    ) -> tuple[int, Any, list[str]]:
        """Code, the answer's JSON, and the challenges that came with it."""
        sent = b"" if message is None else json.dumps(message, ensure_ascii=False).encode()
        headers = {"User-Identify": self.device, "Content-Type": JSON}
        if authorization:
            headers["Authorization"] = authorization
        try:
            self._connection.request(method, path, sent, headers)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()  # it was idle for too long: once more on a new one
            self._connection.request(method, path, sent, headers)
            answer = self._connection.getresponse()
        said = json.loads(answer.read())
        return answer.status, said, answer.headers.get_all("WWW-Authenticate") or []

    def proven(self, method: str, path: str, message: object = None) -> tuple[int, Any]:
        """A request that is sent again with what its challenge asks for."""
        code, said, challenges = self.request(method, path, message)
        if code != 401:
            return code, said
        code, said, _ = self.request(method, path, message, self.proof(challenges, method, path))
        return code, said

    def proof(self, challenges: Sequence[str], method: str, path: str, count: int = 1) -> str:
        """The header for a challenge."""
        asked = next(
            each for each in map(parts, challenges)
            if each.get("algorithm", "MD5") == self._algorithm
        )  # fmt: skip
        said = {
            "uri": path, "nonce": asked["nonce"], "nc": f"{count:08x}",
            "cnonce": secrets.token_hex(8), "qop": "auth",
        }  # fmt: skip
        word = response(
            ALGORITHMS[self._algorithm], self._user, asked["realm"], self._password, method, said
        )
        return (
            f'Digest username="{self._user}", realm="{asked["realm"]}", nonce="{said["nonce"]}", '
            f'uri="{path}", algorithm={self._algorithm}, response="{word}", qop=auth, '
            f'nc={said["nc"]}, cnonce="{said["cnonce"]}"'
        )

    def register(self) -> int:
        path, message = "/VIID/System/Register", {"RegisterObject": {"DeviceID": self.device}}
        return self.proven("POST", path, message)[0]

    def keep_alive(self) -> int:
        message = {"KeepaliveObject": {"DeviceID": self.device}}
        return self.request("POST", "/VIID/System/Keepalive", message)[0]

    def unregister(self) -> int:
        message = {"UnRegisterObject": {"DeviceID": self.device}}
        return self.request("POST", "/VIID/System/UnRegister", message)[0]

    def motor_vehicles(self, vehicles: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        message = {"MotorVehicleListObject": {"MotorVehicleObject": list(vehicles)}}
        return self.request("POST", "/VIID/MotorVehicles", message)[:2]

    def close(self) -> None:
        self._connection.close()
