"""Child processes that end with their parent, and ports for them to listen on."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

HOST = "127.0.0.1"
_PORTS = range(20_000, 32_000)
"""Below the range from which systems serve outgoing connections: nobody takes one while its server is restarted."""
_reserved: list[socket.socket] = []
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different, and that nobody else is given while this process lives.

    Other processes look for theirs at the same time. Each port is therefore reserved in the same number's other
    protocol, where none of ours listens: whoever holds the UDP port may use the TCP port.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        reservation = socket.socket(type=socket.SOCK_DGRAM)
        try:
            reservation.bind((HOST, port))
            with socket.socket() as probe:
                probe.bind((HOST, port))
        except OSError:
            reservation.close()
            continue
        _reserved.append(reservation)
        found.append(port)
    return found


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: IO[bytes],
    directory: Path | None = None,
    *,
    last_will: signal.Signals = signal.SIGKILL,
    **identity: Any,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own: a Ctrl-C in the terminal reaches only us, and we end it in order. On Linux
    the kernel sends it `last_will` when we are killed; call this from the main thread only, because the kernel takes
    the end of the thread that started a process for the end of its parent. `identity` is whom it runs as (`user`,
    `group`, `extra_groups`).
    """
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - our own arguments
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=directory,
        start_new_session=True,
        # called after the identity was taken on, which would have cancelled the will
        preexec_fn=lambda: _end_with(parent, last_will),  # noqa: PLW1509 - it makes two system calls and takes no lock
        **identity,
    )


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and to everything it started in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _end_with(parent: int, last_will: signal.Signals) -> None:
    if _libc is not None:
        _libc.prctl(_SET_PARENT_DEATH_SIGNAL, last_will)
        if os.getppid() != parent:
            os._exit(1)
