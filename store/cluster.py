"""The private PostGIS cluster: made on first need, started on demand, stopped when asked.

Loopback only, scram with a generated password, a port of its own that is remembered. What is not
the server's (password, port, lock) stands beside `data/` in the cluster's folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.errors import SetupError
from core.settings import StoreSettings
from store.postgres import Account, Postgres, find_postgres

ROLE = DATABASE = "pierwatch"
_SOCKET_PREFIX = "pierwatch-socket-"
_PATIENCE_S = 60
_SOCKET_PATH_MAX = 107  # bytes, of the system's sockaddr_un
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
max_connections = 60
shared_buffers = '512MB'
temp_buffers = '64MB'
work_mem = '32MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_level = minimal
max_wal_senders = 0
wal_compression = on
jit = off
timezone = 'UTC'
"""
_THROW_AWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


@dataclass(frozen=True)
class Status:
    """What is known of the cluster without asking it anything."""

    directory: Path
    made: bool
    running: bool
    port: int | None
    pid: int | None


def ensure(settings: StoreSettings) -> str:
    """The URL of a running database: the one that is set, else the private cluster's.

    Cold it takes about 2 s, when the cluster is up a few milliseconds.

    Raises
    ------
    SetupError
        where PostGIS is missing or the server does not start; it says who must do what.
    """
    given = settings.url or os.environ.get("DATABASE_URL")
    if given:
        return given
    cluster = Cluster(settings.cluster_dir)
    cluster.start()
    return cluster.url


class Cluster:
    """One private cluster.

    Parameters
    ----------
    directory
        Where it lives. As root, the account `postgres` must be able to enter the folder above;
        where it cannot, the cluster lives under `/var/tmp` (`directory` says where).
    throw_away
        For tests: never waits for the disk.
    """

    def __init__(self, directory: Path, *, throw_away: bool = False) -> None:
        self._asked = directory.absolute()
        self._throw_away = throw_away
        self.directory = self._place()

    @property
    def data_dir(self) -> Path:
        """The server's own folder."""
        return self.directory / "data"

    @property
    def url(self) -> str:
        """How to connect. Raises SetupError where the cluster was never made."""
        try:
            password = (self.directory / "password").read_text().strip()
            port = (self.directory / "port").read_text().strip()
        except OSError as error:
            raise SetupError(
                str(self.directory),
                expected="a private cluster with its password and port",
                came=str(error),
                act="Start it with `pierwatch serve` or `make demo`.",
            ) from None
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"

    def status(self) -> Status:
        """Whether it was made, runs, and where."""
        pid, port, state = self._postmaster()
        made = (self.data_dir / "PG_VERSION").exists()
        return Status(self.directory, made, state == "ready", port, pid)

    def start(self) -> bool:
        """Make the cluster where it is not there yet and start it where it does not run.

        Returns
        -------
        Whether this call started it (so that the caller may stop it again).
        """
        ready = self.directory / "ready"  # its database has been made
        if self.status().running and ready.exists():
            return False
        with self._locked():
            if self.status().running and ready.exists():
                return False
            postgres = find_postgres()
            account = Account.of(self.data_dir)
            if not (self.data_dir / "PG_VERSION").exists():
                self._make(postgres, account)
            started = self._start(postgres, account)
            if not ready.exists():
                self._make_database()
                ready.touch()
            return started

    def stop(self) -> None:
        """Stop the server, ending its sessions; nothing where it does not run."""
        if self._postmaster()[0] is None:
            return
        with self._locked():
            postgres, account = find_postgres(), Account.of(self.data_dir)
            command = [str(postgres.bin_dir / "pg_ctl"), "-D", str(self.data_dir)]
            sockets = self._socket_dir_in_use()
            done = account.run([*command, "-m", "fast", "-w", "stop"], postgres.environment)
            if done.returncode and self._postmaster()[0] is not None:
                raise _failure("stop", done.stderr, self.data_dir)
            _remove_socket_dir(sockets)

    def remove(self) -> None:
        """Stop the server and delete the cluster with everything in it."""
        self.stop()
        shutil.rmtree(self.directory)

    def _place(self) -> Path:
        parent = self._asked
        while not parent.exists():
            parent = parent.parent
        if Account.of(self._asked / "data").can_enter(parent):
            return self._asked
        name = hashlib.blake2b(os.fsencode(self._asked), digest_size=6).hexdigest()
        return Path("/var/tmp") / f"pierwatch-{os.geteuid()}-{name}"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # Root may start anyone's cluster, but not in a place of /var/tmp that it did not make.
            trusted = os.geteuid() == 0 and self.directory == self._asked
            if self.directory.stat().st_uid != os.geteuid() and not trusted:
                raise PermissionError(f"{self.directory} belongs to someone else")
            handle = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SetupError(
                str(self.directory),
                expected="a folder for the private cluster that you may write to",
                came=str(error),
                act="Set PIERWATCH_STORE__CLUSTER_DIR to one, or DATABASE_URL to a server.",
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _make(self, postgres: Postgres, account: Account) -> None:
        password = secrets.token_urlsafe(24)
        _write_secret(self.directory / "password", password)
        shutil.rmtree(self.data_dir, ignore_errors=True)
        (self.directory / "ready").unlink(missing_ok=True)
        self.data_dir.mkdir(mode=0o700)
        account.give(self.data_dir)
        hand_over = self.directory / "initdb-password"  # readable by the account, for a moment
        try:
            _write_secret(hand_over, password)
            account.give(hand_over)
            command = [str(postgres.bin_dir / "initdb"), "-D", str(self.data_dir), "-U", ROLE]
            command += ["--auth=scram-sha-256", f"--pwfile={hand_over}", "--encoding=UTF8"]
            command += ["--locale=C.UTF-8", "--no-instructions"]
            if self._throw_away:
                command.append("--no-sync")
            done = account.run(command, postgres.environment)
        finally:
            hand_over.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(self.data_dir, ignore_errors=True)
            raise _failure("make", done.stderr, self.data_dir)
        with (self.data_dir / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION + (_THROW_AWAY if self._throw_away else ""))

    def _start(self, postgres: Postgres, account: Account) -> bool:
        give_up = time.monotonic() + _PATIENCE_S
        while self._postmaster()[0] is not None:  # it may be recovering, or on its way down
            if self.status().running:
                return False
            if time.monotonic() > give_up:
                raise _failure("start", "the server is neither up nor down", self.data_dir)
            time.sleep(0.1)
        # After a crash or a new boot the pid in the file may be any other process's by now, and
        # the server would not start: `_postmaster` has found that it is not this cluster's.
        _remove_socket_dir(self._socket_dir_in_use())
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        port = self._port()
        (self.directory / "port").write_text(f"{port}\n")
        sockets = self._socket_dir(account)
        options = f"-p {port} -c unix_socket_directories={sockets}"
        command = [str(postgres.bin_dir / "pg_ctl"), "-D", str(self.data_dir), "-w"]
        command += ["-t", str(_PATIENCE_S), "-l", str(self.data_dir / "server.log")]
        done = account.run([*command, "-o", options, "start"], postgres.environment)
        if done.returncode:
            _remove_socket_dir(sockets)
            raise _failure("start", done.stderr or done.stdout, self.data_dir)
        return True

    def _socket_dir(self, account: Account) -> Path:
        if len(os.fsencode(self.data_dir)) + len("/.s.PGSQL.65535.lock") <= _SOCKET_PATH_MAX:
            return self.data_dir
        folder = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir="/tmp"))
        account.give(folder)
        return folder

    def _socket_dir_in_use(self) -> Path | None:
        with contextlib.suppress(OSError, IndexError):
            return Path((self.data_dir / "postmaster.pid").read_text().splitlines()[4])
        return None

    def _port(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            port = int((self.directory / "port").read_text())
            if _is_free(port):
                return port
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _postmaster(self) -> tuple[int | None, int | None, str]:
        """Process id, port and state of this cluster's server, where there is one."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            if not Path(f"/proc/{pid}/cwd").samefile(self.data_dir):
                return None, None, ""
        except (OSError, ValueError, IndexError):
            return None, None, ""
        port, state = (lines[3], lines[7].strip()) if len(lines) > 7 else ("0", "starting")
        return pid, int(port), state

    def _make_database(self) -> None:
        address = self.url.rsplit("/", 1)[0]
        try:
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                there = connection.execute(
                    "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if there is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            raise _failure("make the database of", str(error), self.data_dir) from None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _remove_socket_dir(folder: Path | None) -> None:
    if folder is not None and str(folder).startswith(f"/tmp/{_SOCKET_PREFIX}"):
        shutil.rmtree(folder, ignore_errors=True)


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")


def _failure(verb: str, said: str, data_dir: Path) -> SetupError:
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    return SetupError(
        str(data_dir),
        expected=f"to {verb} the private PostGIS cluster",
        came=" / ".join(lines[-3:]) or "no reason given",
        act=f"Read {data_dir / 'server.log'}; or set DATABASE_URL to a server of your own.",
    )
